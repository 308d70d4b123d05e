#include "dataplane/session/reliability.h"

#include <algorithm>

namespace kanmon::session {

bool SendWindow::queue(wire::Opcode opcode, Bytes octets) {
    if (waiting_octets_ + octets.size() > waiting_octets_max) return false;
    waiting_octets_ += octets.size();
    do {
        const Bytes payload = octets.first(std::min(octets.size(), control_payload_octets_max));
        octets = octets.subspan(payload.size());
        waiting_.push_back({opcode, copy_of(payload)});
    } while (!octets.empty());
    return true;
}

bool SendWindow::acknowledge(const wire::AckList& acks, Instant now) {
    bool any = false;
    for (unsigned i = 0; i < acks.count; ++i) any |= acknowledge(acks.ids[i], now);
    return any;
}

bool SendWindow::acknowledge(std::uint32_t id, Instant now) {
    const auto found = std::ranges::find(flying_, id, &Flying::id);
    if (found == flying_.end()) return false;
    for (auto earlier = flying_.begin(); earlier != found; ++earlier) ++earlier->later_acks;
    if (!found->repeated) round_trip_ = now - found->sent_at;
    flying_.erase(found);
    proven_ = true;
    return true;
}

bool SendWindow::may_launch() const {
    if (waiting_.empty()) return false;
    const std::uint32_t window = proven_ ? send_window_proven : send_window_unproven;
    // The peer's buffer is counted from the oldest missing packet, so acknowledged ones between
    // that and the newest take room too.
    return flying_.empty() || next_id_ - flying_.front().id < window;
}

std::optional<SendWindow::Due> SendWindow::next_due(Instant now) {
    for (Flying& packet : flying_) {
        const bool lost = packet.later_acks >= fast_retransmit_acks;
        if (!lost && packet.due > now) continue;
        packet.later_acks = 0;
        packet.repeated = true;
        packet.due = now + packet.timeout;
        packet.timeout = std::min(packet.timeout * 3 / 2, retransmit_longest);
        return Due{packet.packet.opcode, packet.id, packet.packet.payload};
    }
    if (!may_launch()) return std::nullopt;
    waiting_octets_ -= waiting_.front().payload.size();
    flying_.push_back({.packet = std::move(waiting_.front()),
                       .id = next_id_++,
                       .due = now + retransmit_first,
                       .timeout = retransmit_first * 3 / 2,
                       .sent_at = now});
    waiting_.pop_front();
    const Flying& launched = flying_.back();
    return Due{launched.packet.opcode, launched.id, launched.packet.payload};
}

void SendWindow::forget() {
    waiting_.clear();
    flying_.clear();
    waiting_octets_ = 0;
}

std::optional<Instant> SendWindow::next_deadline() const {
    if (flying_.empty()) return std::nullopt;
    return std::ranges::min_element(flying_, {}, &Flying::due)->due;
}

Receipt ReceiveWindow::accept(std::uint32_t packet_id, Bytes payload) {
    // Ids begin at 0 and no connection lasts for 2^32 of them: what is less has been here, and
    // nothing that was never here may be acknowledged.
    const bool passed = packet_id < next_id_;
    const std::uint32_t ahead = packet_id - next_id_;
    if (!passed && ahead >= receive_window) return Receipt::outside;
    owe(packet_id);
    if (passed) return Receipt::duplicate;
    if (slots_.size() <= ahead) slots_.resize(ahead + 1);
    if (slots_[ahead]) return Receipt::duplicate;
    slots_[ahead] = copy_of(payload);
    return Receipt::fresh;
}

std::optional<Buffer> ReceiveWindow::next_in_order() {
    if (slots_.empty() || !slots_.front()) return std::nullopt;
    Buffer payload = std::move(*slots_.front());
    slots_.pop_front();
    ++next_id_;
    return payload;
}

std::size_t ReceiveWindow::buffered_octets() const {
    std::size_t octets = 0;
    for (const auto& slot : slots_) octets += slot ? slot->size() : 0;
    return octets;
}

void ReceiveWindow::owe(std::uint32_t packet_id) {
    const auto known = std::ranges::find(acks(), packet_id, &Ack::id);
    if (known == acks().end() && acks_count_ < acks_.size()) ++acks_count_;
    // Those before it move back by one; of a full list the oldest is forgotten.
    const auto gone = std::min<std::ptrdiff_t>(known - acks().begin(),
                                               static_cast<std::ptrdiff_t>(acks_count_) - 1);
    std::move_backward(acks_.begin(), acks_.begin() + gone, acks_.begin() + gone + 1);
    acks_.front() = {packet_id, true};
}

bool ReceiveWindow::owes_acks() const {
    return std::ranges::any_of(acks(), &Ack::owed);
}

wire::AckList ReceiveWindow::take_acks(std::size_t count_max) {
    wire::AckList taken;
    for (Ack& ack : acks()) {
        if (taken.count >= count_max || !ack.owed) continue;
        taken.add(ack.id);
        ack.owed = false;
    }
    for (const Ack& ack : acks())
        if (taken.count < count_max && !ack.owed && !taken.contains(ack.id)) taken.add(ack.id);
    return taken;
}

}  // namespace kanmon::session
