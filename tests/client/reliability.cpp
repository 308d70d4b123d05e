#include "client/reliability.h"

#include <algorithm>

namespace kanmon::client {

std::size_t Reliability::piece_octets_max() const {
    const std::size_t acks =
        std::min<std::size_t>(habits_.acks_on_control, owed_.size() + latest_.size());
    if (!habits_.acks_make_it_less || acks == 0) return habits_.piece_octets_max;
    return habits_.piece_octets_max - 4 * acks - 8;
}

void Reliability::queue(wire::Opcode opcode, Bytes octets) {
    const std::size_t piece_max = piece_octets_max();
    do {
        const Bytes piece = octets.first(std::min(piece_max, octets.size()));
        octets = octets.subspan(piece.size());
        packets_.push_back({.opcode = opcode, .id = next_send_id_++, .payload = copy_of(piece)});
    } while (!octets.empty());
}

void Reliability::acknowledged(const wire::AckList& acks) {
    for (unsigned i = 0; i < acks.count; ++i) {
        const auto found = std::ranges::find(packets_, acks.ids[i], &Packet::id);
        if (found == packets_.end() || !found->sent) continue;
        for (auto earlier = packets_.begin(); earlier != found; ++earlier) ++earlier->later_acks;
        packets_.erase(found);
    }
}

bool Reliability::accept(std::uint32_t packet_id, Bytes payload) {
    if (packet_id >= next_receive_id_ + habits_.receive_window) return false;
    if (packet_id >= next_receive_id_) received_.try_emplace(packet_id, copy_of(payload));
    if (std::ranges::find(owed_, packet_id) == owed_.end()) owed_.push_back(packet_id);
    return true;
}

std::optional<Buffer> Reliability::next_in_order() {
    const auto found = received_.find(next_receive_id_);
    if (found == received_.end()) return std::nullopt;
    Buffer payload = std::move(found->second);
    received_.erase(found);
    ++next_receive_id_;
    return payload;
}

std::optional<Reliability::Due> Reliability::next_due(Instant now) {
    for (Packet& packet : packets_) {
        if (packet.id - packets_.front().id >= habits_.send_window) break;
        const bool overtaken = habits_.fast_retransmit && packet.later_acks >= 3;
        if (packet.sent && packet.due > now && !overtaken) continue;
        if (!packet.sent) {
            packet.timeout = habits_.retransmit_first;
        } else if (habits_.retransmit_doubles && !overtaken) {
            packet.timeout *= 2;
        }
        packet.sent = true;
        packet.later_acks = 0;
        packet.due = now + packet.timeout;
        return Due{packet.opcode, packet.id, packet.payload};
    }
    return std::nullopt;
}

std::optional<Instant> Reliability::next_deadline() const {
    std::optional<Instant> earliest;
    for (const Packet& packet : packets_)
        if (packet.sent && (!earliest || packet.due < *earliest)) earliest = packet.due;
    return earliest;
}

wire::AckList Reliability::take_acks(bool alone) {
    const std::size_t count_max = alone ? habits_.acks_alone : habits_.acks_on_control;
    wire::AckList acks;
    for (std::size_t taken = 0; !owed_.empty() && taken < count_max; ++taken) {
        const std::uint32_t id = owed_.front();
        owed_.pop_front();
        std::erase(latest_, id);
        latest_.push_front(id);
        if (!habits_.repeats_acks) acks.add(id);
    }
    if (latest_.size() > wire::acks_max) latest_.resize(wire::acks_max);
    if (!habits_.repeats_acks) return acks;
    const std::size_t count = std::min(count_max, latest_.size());
    for (std::size_t i = 0; i < count; ++i)
        acks.add(latest_[habits_.newest_ack_first ? i : count - 1 - i]);
    return acks;
}

}  // namespace kanmon::client
