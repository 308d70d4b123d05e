#include "client/negotiation.h"

namespace kanmon::client {

void Negotiation::start_tls() {
    if (tls_started_) return;
    tls_started_ = true;
    advance({}, {});
}

void Negotiation::read_arrived() {
    Buffer ciphertext;
    while (const auto payload = reliability.next_in_order()) append(ciphertext, *payload);
    if (tls_started_ && !ciphertext.empty()) advance(std::move(ciphertext), {});
}

void Negotiation::send_message(std::string_view text) {
    advance({}, SecretBuffer(wire::with_nul(text)));
}

void Negotiation::advance(Buffer ciphertext, SecretBuffer plaintext) {
    if (failure_) return;
    crypto::TlsOutput output = tls_->advance({std::move(ciphertext), std::move(plaintext)});
    if (!output.ciphertext.empty()) reliability.queue(wire::Opcode::control_v1, output.ciphertext);
    if (output.failure) {
        failure_ = std::string(row_of(*output.failure).code) + ": " + output.detail;
        return;
    }
    if (!output.plaintext.empty()) read_plaintext(output.plaintext);
    if (output.established && !established_) {
        established_ = true;
        exported_ = output.data_keys;
        dynamic_ = output.dynamic_tls_crypt;
        advance({}, SecretBuffer(wire::encode(own_)));
    }
}

void Negotiation::read_plaintext(Bytes plaintext) {
    if (!server_) {
        append(stream_, plaintext);
        auto read = wire::decode_server_key_method_2(stream_);
        if (!read) failure_ = "the server's key-method 2 is malformed";
        if (!read || !*read) return;
        server_ = std::move((*read)->message);
        plaintext = Bytes(stream_).subspan((*read)->octets);
    }
    if (!messages_.feed(plaintext)) failure_ = "a control message is too long";
}

crypto::KeyBlock Negotiation::key_block(bool exported, const wire::SessionId& client,
                                        const wire::SessionId& server) const {
    if (exported && exported_) return *exported_;
    return crypto::derive_by_prf({.pre_master = own_.pre_master,
                                  .client_random1 = own_.random1,
                                  .client_random2 = own_.random2,
                                  .server_random1 = server_->random1,
                                  .server_random2 = server_->random2,
                                  .client_session_id = client.octets,
                                  .server_session_id = server.octets});
}

}  // namespace kanmon::client
