#include "dataplane/session/tls_channel.h"

#include <utility>

namespace kanmon::session {

bool TlsChannel::has_room(std::size_t octets) const {
    return ciphertext_.size() + octets <= tls_input_octets_max;
}

bool TlsChannel::receive(Bytes ciphertext) {
    if (!reading_) return true;
    if (!established_) {
        received_octets_ += ciphertext.size();
        if (received_octets_ > tls_input_octets_max) return false;
    }
    append(ciphertext_, ciphertext);
    return true;
}

bool TlsChannel::send(SecretBuffer message) {
    if (messages_.size() >= tls_messages_max) return false;
    messages_.push_back(std::move(message));
    return true;
}

std::optional<TlsWork> TlsChannel::next_work() {
    const bool may_send = established_ && !messages_.empty();
    if (!engine_ || (ciphertext_.empty() && !may_send)) return std::nullopt;
    TlsWork work;
    work.engine = std::move(engine_);
    work.handshaken = established_;
    work.input.ciphertext = std::exchange(ciphertext_, {});
    if (may_send) {
        work.input.plaintext = std::move(messages_.front());
        messages_.pop_front();
    }
    return work;
}

void TlsChannel::take_back(std::unique_ptr<crypto::TlsEngine> engine, bool established) {
    engine_ = std::move(engine);
    established_ = established_ || established;
}

void TlsChannel::stop_reading() {
    reading_ = false;
    ciphertext_.clear();
}

}  // namespace kanmon::session
