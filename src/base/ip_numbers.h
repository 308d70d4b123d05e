// Numbers of protocols inside IP, and the flags of TCP.
// Sources: IANA, "Assigned Internet Protocol Numbers"; RFC 9293 3.1; RFC 3168 6.1 for the last.
#pragma once

#include <cstdint>

namespace kanmon {

inline constexpr std::uint8_t protocol_icmp = 1, protocol_tcp = 6, protocol_udp = 17,
                              protocol_icmp6 = 58;

inline constexpr std::uint8_t tcp_fin = 0x01, tcp_syn = 0x02, tcp_rst = 0x04, tcp_psh = 0x08,
                              tcp_ack = 0x10, tcp_urg = 0x20, tcp_cwr = 0x80;

}  // namespace kanmon
