#include "dataplane/io/link.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace kanmon::io {

bool Link::reach(Instant now) {
    if (connected() || now < next_attempt_) return false;
    auto made = bridge::PacketSocket::connect(path_);
    next_attempt_ = now + pause_;
    if (!made) {
        pause_ = std::min(pause_ * 2, longest_pause);
        if (!std::exchange(complained_, true))
            log_event(Severity::warning, "cannot connect, trying again until it works",
                      {{"peer", name_}, {"path", path_}, {"why", made.error()}});
        return false;
    }
    socket_ = std::move(*made);
    pause_ = first_pause;
    complained_ = false;
    log_event(Severity::info, "connected", {{"peer", name_}});
    return true;
}

std::optional<Instant> Link::next_attempt() const {
    if (connected()) return std::nullopt;
    return next_attempt_;
}

void Link::send(Buffer octets, UniqueFd descriptor) {
    if (!connected()) return;
    outbox_.push_back({std::move(octets), std::move(descriptor)});
    if (outbox_.size() > outbox_max) return close();
    flush();
}

void Link::flush() {
    while (connected() && !outbox_.empty()) {
        const Outgoing& first = outbox_.front();
        const int descriptor = first.descriptor.get();
        const auto sent =
            socket_.send(first.octets, std::span(&descriptor, first.descriptor ? 1U : 0U));
        if (!sent && sent.error() == bridge::SocketError::would_block) return;
        // Without its descriptor such a message means nothing; the kernel may refuse to carry more
        // of them at once, which is no reason to lose the connection.
        const bool refused = !sent && sent.error() == bridge::SocketError::failed;
        if (!sent && !(refused && first.descriptor)) return close();
        outbox_.pop_front();
    }
}

std::optional<bridge::Received> Link::receive() {
    if (!connected()) return std::nullopt;
    auto received = socket_.receive();
    if (received) return std::move(*received);
    if (received.error() != bridge::SocketError::would_block) close();
    return std::nullopt;
}

bool Link::lost() {
    return std::exchange(lost_, false);
}

void Link::close() {
    socket_ = bridge::PacketSocket();
    outbox_.clear();
    lost_ = true;
    log_event(Severity::warning, "connection lost, packets keep flowing", {{"peer", name_}});
}

}  // namespace kanmon::io
