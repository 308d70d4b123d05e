#include "dataplane/routing/coalescer.h"

#include <algorithm>

#include "dataplane/routing/checksum.h"
#include "dataplane/routing/tcp_segment.h"

namespace kanmon::routing {

namespace {

constexpr std::size_t packet_octets_max = 65535;
// Slots at multiples of 64 KiB would share the same few lines of the first-level cache.
constexpr std::size_t stride = packet_octets_max + 1 + 4096 + 64;
constexpr std::uint16_t do_not_fragment = 0x4000;
constexpr std::size_t id_at = 4, fragment_at = 6, checksum_at_v4 = 10;

std::uint8_t octet_at(Bytes octets, std::size_t at) {
    return std::to_integer<std::uint8_t>(octets[at]);
}

std::uint16_t word_at(Bytes octets, std::size_t at) {
    return static_cast<std::uint16_t>(octet_at(octets, at) << 8 | octet_at(octets, at + 1));
}

void put_word(MutableBytes octets, std::size_t at, std::size_t value) {
    ByteWriter(octets.subspan(at)).u16(static_cast<std::uint16_t>(value));
}

bool same(Bytes left, Bytes right, std::size_t from, std::size_t octets) {
    return std::ranges::equal(left.subspan(from, octets), right.subspan(from, octets));
}

bool is_v6(Bytes packet) {
    return octet_at(packet, 0) >> 4 == 6;
}

/// Of what may be told apart by ports at a fixed place; 0 for everything else.
std::size_t ports_at(Bytes packet) {
    const bool v6 = is_v6(packet);
    const std::size_t header = v6 ? header_v6 : header_v4;
    if (packet.size() < header + 4) return 0;
    const std::uint8_t protocol = octet_at(packet, v6 ? 6 : 9);
    if (protocol != protocol_tcp && protocol != protocol_udp) return 0;
    if (!v6 && (octet_at(packet, 0) != 0x45 || (word_at(packet, fragment_at) & 0x3fff) != 0))
        return 0;
    return header;
}

/// A header without options, of a packet that is no fragment, as long as it says, with a right
/// checksum.
bool is_plain_v4(Bytes packet) {
    if (packet.size() < header_v4 || octet_at(packet, 0) != 0x45) return false;
    if (word_at(packet, 2) != packet.size() || (word_at(packet, fragment_at) & 0x3fff) != 0)
        return false;
    InternetSum sum;
    sum.add(packet.first(header_v4));
    return sum.finish() == 0 && word_at(packet, checksum_at_v4) != 0xffff;
}

bool is_plain_v6(Bytes packet) {
    return packet.size() >= header_v6 && is_v6(packet) &&
           header_v6 + word_at(packet, 4) == packet.size();
}

InternetSum pseudo_sum(Bytes packet, std::size_t ip_octets, std::uint8_t protocol) {
    InternetSum sum;
    sum.add(ip_octets == header_v6 ? packet.subspan(8, 32) : packet.subspan(12, 8));
    sum.word(protocol);
    sum.word(static_cast<std::uint32_t>(packet.size() - ip_octets));
    return sum;
}

/// Right, and written as everybody writes it: the kernel would write it in no other way.
bool has_right_checksum(Bytes packet, std::size_t ip_octets, bool tcp) {
    const std::uint16_t written =
        word_at(packet, ip_octets + (tcp ? tcp_checksum_at : udp_checksum_at));
    if (written == (tcp ? 0xffff : 0)) return false;
    InternetSum sum = pseudo_sum(packet, ip_octets, tcp ? protocol_tcp : protocol_udp);
    sum.add(packet.subspan(ip_octets));
    return sum.finish() == 0;
}

}  // namespace

// --- what may be merged --------------------------------------------------------------------------

std::optional<Coalescer::Candidate> Coalescer::read_candidate(Bytes packet, bool datagrams) {
    Candidate candidate;
    candidate.packet = packet;
    if (packet.empty()) return std::nullopt;
    candidate.v6 = is_v6(packet);
    if (!(candidate.v6 ? is_plain_v6(packet) : is_plain_v4(packet))) return std::nullopt;
    candidate.ip_octets = candidate.v6 ? header_v6 : header_v4;
    const std::uint8_t protocol = octet_at(packet, candidate.v6 ? 6 : 9);
    const Bytes transport = packet.subspan(candidate.ip_octets);
    if (protocol == protocol_tcp) {
        if (transport.size() <= tcp_header_octets) return std::nullopt;
        const std::uint8_t flags = octet_at(transport, tcp_flags_at);
        const std::size_t octets = octet_at(transport, tcp_offset_at) / 16U * 4U;
        if ((flags & ~tcp_psh) != tcp_ack || octets < tcp_header_octets ||
            octets >= transport.size())
            return std::nullopt;
        candidate.tcp = true;
        candidate.last = (flags & tcp_psh) != 0;
        candidate.sequence = ByteReader(transport.subspan(tcp_sequence_at)).u32();
        candidate.header_octets = candidate.ip_octets + octets;
    } else if (protocol == protocol_udp && datagrams) {
        if (transport.size() <= udp_header_octets ||
            word_at(transport, udp_length_at) != transport.size())
            return std::nullopt;
        candidate.header_octets = candidate.ip_octets + udp_header_octets;
    } else {
        return std::nullopt;
    }
    if (!has_right_checksum(packet, candidate.ip_octets, candidate.tcp)) return std::nullopt;
    return candidate;
}

/// Both are candidates of one flow.
bool Coalescer::continues(const Slot& slot, const Candidate& next) {
    const Candidate& first = slot.first;
    const std::size_t payload = next.payload_octets();
    if (slot.last || next.header_octets != first.header_octets ||
        payload > first.payload_octets() || slot.octets + payload > packet_octets_max)
        return false;
    const Bytes left = first.packet, right = next.packet;
    if (first.v6) {  // version, class, label; hop limit
        if (!same(left, right, 0, 4) || !same(left, right, 7, 1)) return false;
    } else {  // service; flags; time to live
        if (!same(left, right, 1, 1) || !same(left, right, fragment_at, 3)) return false;
        const bool id_counts = (word_at(right, fragment_at) & do_not_fragment) == 0;
        if (id_counts && word_at(right, id_at) != slot.next_id) return false;
    }
    if (!first.tcp) return slot.segments < datagrams_max;
    // Acknowledgement, offset and what is reserved beside it; window; urgent pointer and options.
    const std::size_t tcp = first.ip_octets;
    constexpr std::size_t acknowledgement_at = 8, window_at = 14, urgent_at = 18;
    return next.sequence == slot.next_sequence && same(left, right, tcp + acknowledgement_at, 5) &&
           same(left, right, tcp + window_at, 2) &&
           same(left, right, tcp + urgent_at, first.header_octets - tcp - urgent_at);
}

// --- gathering -----------------------------------------------------------------------------------

Coalescer::Coalescer(PacketExit& exit)
    : exit_(exit), room_(std::make_unique_for_overwrite<std::byte[]>(stride * flows_max)) {}

MutableBytes Coalescer::room_of(const Slot& slot) {
    const auto index = static_cast<std::size_t>(&slot - slots_.data());
    return {room_.get() + index * stride, packet_octets_max};
}

void Coalescer::add(Bytes packet, bool datagrams) {
    const auto candidate = read_candidate(packet, datagrams);
    if (!candidate) return let_pass(packet);
    if (Slot* slot = open_ == 0 ? nullptr : find(packet)) {
        if (continues(*slot, *candidate)) {
            append(*slot, *candidate);
            if (slot->last) close(*slot);
            return;
        }
        close(*slot);
    }
    if (candidate->last) return exit_.write({}, packet);
    open(*candidate);
}

/// The slot of the same flow, if any: same addresses, protocol and ports.
Coalescer::Slot* Coalescer::find(Bytes packet) {
    const bool v6 = is_v6(packet);
    const std::size_t from = v6 ? 8 : 12;
    const std::size_t addresses_and_ports = (v6 ? header_v6 : header_v4) + 4 - from;
    for (Slot& slot : slots_)
        if (slot.segments != 0 && slot.first.v6 == v6 &&
            same(slot.first.packet, packet, v6 ? 6 : 9, 1) &&
            same(slot.first.packet, packet, from, addresses_and_ports))
            return &slot;
    return nullptr;
}

/// What cannot be merged overtakes nothing of its flow. Where a flow cannot be told (fragments,
/// other headers in between), it is all that these two ends say to each other.
void Coalescer::let_pass(Bytes packet) {
    const bool readable =
        packet.size() >= (!packet.empty() && is_v6(packet) ? header_v6 : header_v4);
    if (open_ != 0 && readable && ports_at(packet) != 0) {
        if (Slot* slot = find(packet)) close(*slot);
    } else if (open_ != 0 && readable) {
        const bool v6 = is_v6(packet);
        for (Slot& slot : slots_)
            if (slot.segments != 0 && slot.first.v6 == v6 &&
                same(slot.first.packet, packet, v6 ? 8 : 12, v6 ? 32 : 8))
                close(slot);
    }
    exit_.write({}, packet);
}

Coalescer::Slot& Coalescer::take_slot() {
    Slot* oldest = slots_.data();
    for (Slot& slot : slots_) {
        if (slot.segments == 0) return slot;
        if (slot.opened < oldest->opened) oldest = &slot;
    }
    close(*oldest);
    return *oldest;
}

void Coalescer::open(const Candidate& candidate) {
    Slot& slot = take_slot();
    const MutableBytes room = room_of(slot);
    std::ranges::copy(candidate.packet, room.begin());
    slot = Slot{.first = candidate,
                .octets = candidate.packet.size(),
                .segments = 1,
                .next_sequence =
                    candidate.sequence + static_cast<std::uint32_t>(candidate.payload_octets()),
                .next_id = static_cast<std::uint16_t>(word_at(candidate.packet, id_at) + 1),
                .last = false,
                .opened = order_++};
    slot.first.packet = room.first(candidate.packet.size());
    ++open_;
}

void Coalescer::append(Slot& slot, const Candidate& candidate) {
    const std::size_t payload = candidate.payload_octets();
    std::memcpy(room_of(slot).data() + slot.octets, candidate.payload().data(), payload);
    slot.octets += payload;
    ++slot.segments;
    slot.next_sequence += static_cast<std::uint32_t>(payload);
    ++slot.next_id;
    const bool full = slot.octets + slot.first.payload_octets() > packet_octets_max ||
                      (!candidate.tcp && slot.segments == datagrams_max);
    slot.last = full || candidate.last || payload < slot.first.payload_octets();
    if (candidate.last) {
        std::byte& flags = room_of(slot)[slot.first.ip_octets + tcp_flags_at];
        flags |= std::byte{tcp_psh};
    }
}

void Coalescer::close(Slot& slot) {
    const Candidate& first = slot.first;
    const MutableBytes packet = room_of(slot).first(slot.octets);
    Offload offload;
    if (slot.segments > 1) {
        using enum Offload::Segments;
        const std::size_t checksum_at = first.tcp ? tcp_checksum_at : udp_checksum_at;
        offload = {.segments = !first.tcp ? udp
                               : first.v6 ? tcp6
                                          : tcp4,
                   .unfinished_checksum = true,
                   .header_octets = static_cast<std::uint16_t>(first.header_octets),
                   .segment_octets = static_cast<std::uint16_t>(first.payload_octets()),
                   .checksum_from = static_cast<std::uint16_t>(first.ip_octets),
                   .checksum_at = static_cast<std::uint16_t>(checksum_at)};
        const std::size_t transport = packet.size() - first.ip_octets;
        if (first.v6) {
            put_word(packet, 4, transport);
        } else {
            put_word(packet, 2, packet.size());
            put_word(packet, checksum_at_v4, 0);
            InternetSum header;
            header.add(packet.first(header_v4));
            put_word(packet, checksum_at_v4, header.finish());
        }
        if (!first.tcp) put_word(packet, first.ip_octets + udp_length_at, transport);
        const std::uint8_t protocol = first.tcp ? protocol_tcp : protocol_udp;
        const auto pseudo =
            static_cast<std::uint16_t>(~pseudo_sum(packet, first.ip_octets, protocol).finish());
        put_word(packet, first.ip_octets + checksum_at, pseudo);
    }
    slot.segments = 0;
    --open_;
    exit_.write(offload, packet);
}

void Coalescer::flush() {
    while (open_ != 0) {
        Slot* oldest = nullptr;
        for (Slot& slot : slots_)
            if (slot.segments != 0 && (oldest == nullptr || slot.opened < oldest->opened))
                oldest = &slot;
        close(*oldest);
    }
}

}  // namespace kanmon::routing
