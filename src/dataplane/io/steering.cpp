#include "dataplane/io/steering.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>

#ifndef SO_ATTACH_REUSEPORT_CBPF
#define SO_ATTACH_REUSEPORT_CBPF 51
#endif

namespace kanmon::io {

namespace {

constexpr std::uint32_t data_v1 = 6;
constexpr std::uint32_t data_v2 = 9;
constexpr std::size_t session_id_last = 8;
constexpr std::uint32_t kernel_decides = 0xffffffff;  // no such socket: the kernel hashes

sock_filter statement(int code, std::uint32_t operand) {
    return sock_filter{static_cast<std::uint16_t>(code), 0, 0, operand};
}

sock_filter jump_if_equal(std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
    return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, yes, no, value};
}

}  // namespace

std::optional<std::uint32_t> shard_of(Bytes datagram, std::uint32_t shards) {
    if (datagram.size() <= session_id_last) return std::nullopt;
    const auto octet = [&](std::size_t at) { return std::to_integer<std::uint32_t>(datagram[at]); };
    const std::uint32_t opcode = octet(0) >> 3;
    if (opcode == data_v1) return std::nullopt;
    if (opcode == data_v2) return (octet(1) << 16 | octet(2) << 8 | octet(3)) % shards;
    return octet(session_id_last) % shards;
}

bool steer(int socket, std::uint32_t shards) {
    std::array program{
        statement(BPF_LD | BPF_B | BPF_ABS, 0),                // the first octet of the payload
        statement(BPF_ALU | BPF_RSH | BPF_K, 3),               // its opcode
        jump_if_equal(data_v2, 0, 4),                          //
        statement(BPF_LD | BPF_W | BPF_ABS, 0),                // opcode, key id, peer id
        statement(BPF_ALU | BPF_AND | BPF_K, 0x00ffffff),      //
        statement(BPF_ALU | BPF_MOD | BPF_K, shards),          //
        statement(BPF_RET | BPF_A, 0),                         //
        jump_if_equal(data_v1, 0, 1),                          //
        statement(BPF_RET | BPF_K, kernel_decides),            //
        statement(BPF_LD | BPF_B | BPF_ABS, session_id_last),  //
        statement(BPF_ALU | BPF_MOD | BPF_K, shards),          //
        statement(BPF_RET | BPF_A, 0),
    };
    const sock_fprog filter{static_cast<std::uint16_t>(program.size()), program.data()};
    return ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, sizeof filter) == 0;
}

}  // namespace kanmon::io
