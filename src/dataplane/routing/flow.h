// Which flow a tunnelled packet belongs to: the same in both directions, seen from the client.
//
//              begins a flow          follows one            may do either
//     TCP      SYN without ACK        everything else        -
//     ICMP     echo request           echo reply             other questions
//     UDP, …   -                      -                      every packet
//
// An echo is a flow by its id and by who asks. An ICMP error belongs to the flow of the packet that
// it quotes, and must be addressed to that packet's sender. Later fragments name no ports: all of
// them between two ends make one flow, kept open by first fragments.
// Pure. Source: RFC 9293 section 3.5, RFC 792, RFC 4443, RFC 5508.
#pragma once

#include "dataplane/routing/inner_packet.h"
#include "dataplane/routing/tcp_segment.h"

namespace kanmon::routing {

enum class Way : std::uint8_t { from_client, to_client };

enum class FlowKind : std::uint8_t { plain, echo_of_client, echo_of_vpc, fragments };

struct Flow {
    Ipv6 remote = {};               // the end that is not the client; IPv4 mapped
    std::uint16_t client_port = 0;  // of TCP and UDP; of an echo its id
    std::uint16_t remote_port = 0;  // of TCP and UDP
    std::uint8_t protocol = 0;
    FlowKind kind = FlowKind::plain;
    bool v6 = false;
    friend bool operator==(const Flow&, const Flow&) = default;
};
constexpr bool has_ports(const Flow& flow) {
    return flow.protocol == protocol_tcp || flow.protocol == protocol_udp;
}

enum class FlowPart : std::uint8_t { begins, follows, either, error };

struct FlowPacket {
    Flow flow;
    FlowPart part = FlowPart::either;
    std::uint8_t tcp_flags = 0;   // of TCP that is not quoted
    bool first_fragment = false;  // its packet has further ones

    bool closes() const { return (tcp_flags & (tcp_fin | tcp_rst)) != 0; }
};

/// Errors: malformed (no room for ports, flags or id; an ICMP error that quotes nothing of the
/// client's, or a later fragment).
Expected<FlowPacket, Cause> read_flow(const InnerPacket& packet, Way way);

/// The flow of all later fragments between the same two ends.
Flow fragments_of(const InnerPacket& packet, Way way);

}  // namespace kanmon::routing
