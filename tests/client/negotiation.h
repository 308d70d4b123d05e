// One key of a client: its TLS session, its reliability layer and its key-method 2 exchange.
//
// Owner: the ClientEngine. TLS work is done inline.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/reliability.h"
#include "dataplane/crypto/tls.h"
#include "dataplane/wire/control_message.h"
#include "dataplane/wire/key_method_2.h"

namespace kanmon::client {

class Negotiation {
public:
    Negotiation(const ControlHabits& habits, wire::KeyId id, std::unique_ptr<crypto::TlsEngine> tls,
                wire::ClientKeyMethod2 own, Instant now)
        : key_id(id),
          started(now),
          reliability(habits),
          own_(std::move(own)),
          tls_(std::move(tls)) {}

    /// Sends ClientHello.
    void start_tls();
    /// Takes what arrived in order; the packets that start the exchange start TLS.
    void read_arrived();
    /// A control message, behind our key-method 2.
    void send_message(std::string_view text);

    bool tls_started() const { return tls_started_; }
    bool keys_agreed() const { return server_.has_value(); }
    std::optional<std::string> next_message() { return messages_.next(); }
    const std::optional<std::string>& failure() const { return failure_; }

    /// Only when `keys_agreed`.
    crypto::KeyBlock key_block(bool exported, const wire::SessionId& client,
                               const wire::SessionId& server) const;
    const std::optional<crypto::KeyBlock>& dynamic_tls_crypt() const { return dynamic_; }

    const wire::KeyId key_id;
    const Instant started;
    Reliability reliability;

private:
    void advance(Buffer ciphertext, SecretBuffer plaintext);
    void read_plaintext(Bytes plaintext);

    wire::ClientKeyMethod2 own_;
    std::unique_ptr<crypto::TlsEngine> tls_;
    bool tls_started_ = false;
    bool established_ = false;
    Buffer stream_;  // plaintext until the server's key-method 2 is complete
    std::optional<wire::ServerKeyMethod2> server_;
    std::optional<crypto::KeyBlock> exported_;
    std::optional<crypto::KeyBlock> dynamic_;
    wire::MessageSplitter messages_;
    std::optional<std::string> failure_;
};

}  // namespace kanmon::client
