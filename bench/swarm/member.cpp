#include "swarm/member.h"

#include "base/escape.h"

namespace kanmon::swarm {

namespace {

std::string words_of(client::Why why) {
    switch (why) {
        case client::Why::refused:
            return "refused";
        case client::Why::told_to_restart:
            return "told to restart";
        case client::Why::told_to_halt:
            return "told to halt";
        case client::Why::server_left:
            return "the server left";
        case client::Why::unanswered:
            return "no answer";
        case client::Why::handshake_timeout:
            return "handshake not done in time";
        case client::Why::tls_failed:
            return "TLS failed";
        case client::Why::silence:
            return "nothing heard any more";
        case client::Why::left:
            return "left";
        case client::Why::unsupported:
            return "the server wants what swarm cannot";
    }
    return {};
}

std::string reason_of(const client::Over& over) {
    return over.text.empty() ? words_of(over.why)
                             : words_of(over.why) + ": " + escaped(over.text, 120);
}

}  // namespace

Member::Member(std::uint32_t index, client::ClientSettings settings, Random& random,
               std::unique_ptr<Link> link, CrowdWatcher& watcher, Instant now)
    : index_(index),
      started_(now),
      watcher_(watcher),
      link_(std::move(link)),
      engine_(std::move(settings), random, now) {
    settle(now);
}

void Member::ready(std::uint32_t events, Instant now) {
    if (over_) return;
    now_ = now;
    link_->ready(events, *this);
    settle(now);
    if (!over_) watcher_.received(*this);
}

void Member::take(MutableBytes packet) {
    if (const auto inner = engine_.receive_in_place(packet, now_)) watcher_.inner(*this, *inner);
}

void Member::reach(Instant now) {
    if (over_) return;
    engine_.reach(now);
    settle(now);
}

void Member::leave(Instant now) {
    if (over_) return;
    leaving_ = true;
    engine_.leave(now);
    settle(now);
}

void Member::end(bool left, const std::string& reason) {
    if (over_) return;
    over_ = true;
    watcher_.over(*this, left, reason);
}

MutableBytes Member::packet_room(std::size_t octets) {
    room_ = link_->room(engine_.front_octets() + octets + engine_.back_octets());
    return room_.subspan(engine_.front_octets());
}

bool Member::send(std::size_t octets, Instant now) {
    const auto datagram = engine_.seal(room_, octets, now);
    if (!datagram) return false;
    link_->send(*datagram);
    return true;
}

void Member::settle(Instant now) {
    now_ = now;
    while (const auto datagram = engine_.next_datagram()) link_->send(*datagram);
    link_->flush();
    while (const auto event = engine_.next_event()) take_event(*event);
    // Who said goodbye over a stream finds it closed.
    if (const auto& failure = link_->failure()) end(leaving_, *failure);
}

void Member::take_event(const client::ClientEvent& event) {
    if (const auto* connected = std::get_if<client::Connected>(&event)) {
        watcher_.connected(*this, connected->pushed);
    } else if (std::holds_alternative<client::Renegotiated>(event)) {
        watcher_.renegotiated(*this);
    } else if (const auto* over = std::get_if<client::Over>(&event)) {
        end(over->why == client::Why::left, reason_of(*over));
    }
}

}  // namespace kanmon::swarm
