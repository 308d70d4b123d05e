#include "broker/tun_steering.h"

#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "bridge/tun_steering.h"

namespace kanmon::broker {

namespace {

// Instructions as bpf(2) has them; registers are named 0 to 10.
constexpr int result = 0, argument = 1, place = 2;
constexpr int packet = 6;               // where LD_ABS expects it
constexpr int destination_end_v4 = 18;  // of its last 16 bits, in an IPv4 header
constexpr int destination_end_v6 = 38;
constexpr int place_mask = static_cast<int>(bridge::steering_octets_of_family) - 1;

constexpr bpf_insn instruction(int code, int to, int from, int offset, int value) {
    bpf_insn made{};
    made.code = static_cast<__u8>(code);
    made.dst_reg = static_cast<__u8>(to & 0xf);
    made.src_reg = static_cast<__u8>(from & 0xf);
    made.off = static_cast<__s16>(offset);
    made.imm = value;
    return made;
}
constexpr bpf_insn copy(int to, int from) {
    return instruction(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}
constexpr bpf_insn sum(int to, int from) {
    return instruction(BPF_ALU64 | BPF_ADD | BPF_X, to, from, 0, 0);
}
constexpr bpf_insn reckon(int operation, int to, int value) {
    return instruction(BPF_ALU64 | operation | BPF_K, to, 0, 0, value);
}
/// From the packet into `result`, in the machine's order; beyond its end the program returns 0.
constexpr bpf_insn load_packet(int size, int at) {
    return instruction(BPF_LD | BPF_ABS | size, 0, 0, 0, at);
}
constexpr bpf_insn load_octet(int to, int from) {
    return instruction(BPF_LDX | BPF_MEM | BPF_B, to, from, 0, 0);
}
constexpr bpf_insn jump_unless(int reg, int value, int instructions) {
    return instruction(BPF_JMP | BPF_JNE | BPF_K, reg, 0, instructions, value);
}
constexpr bpf_insn jump(int instructions) {
    return instruction(BPF_JMP | BPF_JA, 0, 0, instructions, 0);
}
constexpr bpf_insn leave() {
    return instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/// The kernel takes the result modulo the number of queues; so it does with a place nobody is at.
auto program_reading(int table) {
    return std::array{
        copy(packet, argument),
        load_packet(BPF_B, 0),
        reckon(BPF_RSH, result, 4),  // the version
        jump_unless(result, 6, 4),
        load_packet(BPF_H, destination_end_v6),
        reckon(BPF_AND, result, place_mask),  // the verifier wants to be told
        reckon(BPF_ADD, result, place_mask + 1),
        jump(2),
        load_packet(BPF_H, destination_end_v4),
        reckon(BPF_AND, result, place_mask),
        // The address of the table's first octet; two instructions long.
        instruction(BPF_LD | BPF_DW | BPF_IMM, argument, BPF_PSEUDO_MAP_VALUE, 0, table),
        instruction(0, 0, 0, 0, 0),
        copy(place, result),
        sum(argument, place),
        load_octet(result, argument),
        jump_unless(result, 0, 2),
        copy(result, place),
        leave(),
        reckon(BPF_SUB, result, 1),
        leave(),
    };
}

UniqueFd bpf(bpf_cmd command, bpf_attr& attributes) {
    return UniqueFd(static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes)));
}

UniqueFd make_table() {
    bpf_attr attributes{};
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = sizeof(__u32);
    attributes.value_size = bridge::steering_octets;
    attributes.max_entries = 1;
    attributes.map_flags = BPF_F_MMAPABLE;
    std::memcpy(attributes.map_name, "kanmon_owners", sizeof "kanmon_owners");
    return bpf(BPF_MAP_CREATE, attributes);
}

UniqueFd load_program(int table) {
    const auto program = program_reading(table);
    bpf_attr attributes{};
    attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
    attributes.insns = reinterpret_cast<__u64>(program.data());
    attributes.insn_cnt = program.size();
    attributes.license = reinterpret_cast<__u64>("");
    std::memcpy(attributes.prog_name, "kanmon_steering", sizeof "kanmon_steering");
    return bpf(BPF_PROG_LOAD, attributes);
}

auto failed(const char* what) {
    return unexpected(std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

Expected<UniqueFd, std::string> steer_queues(int queue) {
    constexpr int nothing = -1;  // the kernel's own way, should an earlier table still be in force
    ::ioctl(queue, TUNSETSTEERINGEBPF, &nothing);
    UniqueFd table = make_table();
    if (!table) return failed("make a table of owners");
    const UniqueFd program = load_program(table.get());
    if (!program) return failed("load a steering program");
    const int fd = program.get();
    if (::ioctl(queue, TUNSETSTEERINGEBPF, &fd) != 0) return failed("steer a TUN device");
    return table;
}

}  // namespace kanmon::broker
