#include "dataplane/crypto/openssl_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "dataplane/crypto/openssl_handle.h"
#include "dataplane/crypto/tls_context.h"

namespace kanmon::crypto {
namespace {

constexpr std::size_t handshake_octets_max = 64 * 1024;
constexpr std::string_view data_keys_label = "EXPORTER-OpenVPN-datakeys";
constexpr std::string_view dynamic_tls_crypt_label = "EXPORTER-OpenVPN-dynamic-tls-crypt";

struct SessionFree {
    void operator()(SSL* session) const { SSL_free(session); }
};

std::optional<KeyBlock> exported(SSL* session, std::string_view label) {
    KeyBlock block;
    if (SSL_export_keying_material(session, octets_of(block.mutable_view()), KeyBlock::size(),
                                   label.data(), label.size(), nullptr, 0, 0) != 1)
        return std::nullopt;
    return block;
}

class Engine final : public TlsEngine {
public:
    explicit Engine(std::shared_ptr<const TlsContext> context);
    TlsOutput advance(TlsInput input) override;

private:
    void handshake(TlsOutput& output);
    void finish_handshake(TlsOutput& output);
    void write_pending(TlsOutput& output);
    void read_all(TlsOutput& output);
    void take_ciphertext(TlsOutput& output);
    bool fresh_memory();

    void stopped(TlsOutput& output, int result);
    void fail(TlsOutput& output, Cause cause, std::string detail);
    std::string peer_name() const {
        return context_->role == TlsRole::server ? "the client" : "the server";
    }
    static void note_alert(const SSL* session, int where, int value);

    // First, so that it is still there when the session's last callback ran.
    Verification verification_;
    std::shared_ptr<const TlsContext> context_;
    std::unique_ptr<SSL, SessionFree> session_;
    std::vector<SecretBuffer> pending_;
    std::size_t handshake_octets_ = 0;
    bool established_ = false;
    std::optional<Cause> failure_;
    std::string detail_;
};

Engine::Engine(std::shared_ptr<const TlsContext> context) : context_(std::move(context)) {
    verification_.context = context_.get();
    session_.reset(SSL_new(context_->openssl.get()));
    require(session_ != nullptr && fresh_memory(), "memory for a TLS session");
    SSL* session = session_.get();
    SSL_set_app_data(session, &verification_);
    SSL_set_info_callback(session, note_alert);
    X509_VERIFY_PARAM_set_time(SSL_get0_param(session), seconds_of(context_->now()));
    if (context_->role == TlsRole::server)
        SSL_set_accept_state(session);
    else
        SSL_set_connect_state(session);
    ERR_clear_error();
}

/// New memory BIOs: the old ones keep the size of the largest flight they ever held.
bool Engine::fresh_memory() {
    BIO* from_peer = BIO_new(BIO_s_mem());
    BIO* to_peer = BIO_new(BIO_s_mem());
    if (from_peer == nullptr || to_peer == nullptr) {
        BIO_free(from_peer);
        BIO_free(to_peer);
        return false;
    }
    SSL_set_bio(session_.get(), from_peer, to_peer);
    return true;
}

TlsOutput Engine::advance(TlsInput input) {
    ERR_clear_error();
    TlsOutput output;
    if (failure_) {
        output.failure = failure_;
        output.detail = detail_;
        output.established = established_;
        return output;
    }
    if (!established_) handshake_octets_ += input.ciphertext.size();
    if (handshake_octets_ > handshake_octets_max) {
        fail(output, Cause::tls_too_large, "more than 64 kB before the handshake was done");
        return output;
    }
    if (!input.ciphertext.empty())
        require(BIO_write(SSL_get_rbio(session_.get()), input.ciphertext.data(),
                          static_cast<int>(input.ciphertext.size())) ==
                    static_cast<int>(input.ciphertext.size()),
                "memory for TLS records");
    if (!input.plaintext.empty()) pending_.push_back(std::move(input.plaintext));

    const bool was_established = established_;
    if (!established_) handshake(output);
    if (established_ && !failure_) write_pending(output);
    if (established_ && !failure_) read_all(output);
    take_ciphertext(output);
    if (failure_)
        session_.reset();  // a failed session is of no more use, and this is most of its memory
    else if (established_ && !was_established && BIO_pending(SSL_get_rbio(session_.get())) == 0)
        require(fresh_memory(), "memory for a TLS session");
    output.established = established_;
    ERR_clear_error();
    return output;
}

void Engine::handshake(TlsOutput& output) {
    const int result = SSL_do_handshake(session_.get());
    if (result == 1)
        finish_handshake(output);
    else
        stopped(output, result);
}

void Engine::finish_handshake(TlsOutput& output) {
    SSL* session = session_.get();
    const bool shows_none = SSL_get0_peer_certificate(session) == nullptr;
    if (!verification_.peer && (context_->certificate_required || !shows_none)) {
        // Cannot happen while the verify callback is in place; nobody gets in if it ever does.
        fail(output, Cause::certificate_missing, "the handshake ended without an identity");
        return;
    }
    output.data_keys = exported(session, data_keys_label);
    output.dynamic_tls_crypt = exported(session, dynamic_tls_crypt_label);
    if (!output.data_keys || !output.dynamic_tls_crypt) {
        fail(output, Cause::tls_failed, "OpenSSL exported no keys: " + drain_errors());
        return;
    }
    established_ = true;
    output.peer = verification_.peer;
    output.protocol = std::string(SSL_get_version(session)) + " " +
                      SSL_CIPHER_get_name(SSL_get_current_cipher(session));
}

void Engine::write_pending(TlsOutput& output) {
    for (const SecretBuffer& plaintext : pending_) {
        std::size_t written = 0;
        const int result = SSL_write_ex(session_.get(), plaintext.view().data(),
                                        plaintext.view().size(), &written);
        if (result != 1) {
            stopped(output, result);
            // Memory never makes a write wait, so a write that waits is a broken session.
            if (!failure_) fail(output, Cause::tls_failed, "OpenSSL did not accept a message");
            return;
        }
    }
    pending_.clear();
}

void Engine::read_all(TlsOutput& output) {
    std::array<std::byte, 2048> room{};
    for (;;) {
        std::size_t octets = 0;
        const int result = SSL_read_ex(session_.get(), room.data(), room.size(), &octets);
        if (result != 1) {
            wipe(room);
            stopped(output, result);
            return;
        }
        append(output.plaintext, Bytes(room).first(octets));
    }
}

void Engine::take_ciphertext(TlsOutput& output) {
    BIO* to_peer = SSL_get_wbio(session_.get());
    output.ciphertext.resize(BIO_ctrl_pending(to_peer));
    if (output.ciphertext.empty()) return;
    const int octets =
        BIO_read(to_peer, output.ciphertext.data(), static_cast<int>(output.ciphertext.size()));
    require(octets == static_cast<int>(output.ciphertext.size()), "reading TLS records");
}

/// A call of OpenSSL returned without success: either it waits for more octets, or all is over.
void Engine::stopped(TlsOutput& output, int result) {
    const int error = SSL_get_error(session_.get(), result);
    if (error == SSL_ERROR_WANT_READ) return;
    if (error == SSL_ERROR_ZERO_RETURN) {
        fail(output, Cause::tls_failed, peer_name() + " closed the TLS session");
        return;
    }
    const unsigned long code = ERR_peek_error();
    const bool missing = ERR_GET_LIB(code) == ERR_LIB_SSL &&
                         ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
    const std::string reason = drain_errors();

    std::string detail;
    const auto say = [&detail](const std::string& words) {
        if (!detail.empty()) detail += "; ";
        detail += words;
    };
    if (verification_.refusal) say(verification_.detail);
    if (verification_.alert_received != no_alert)
        say(peer_name() +
            " sent TLS alert: " + SSL_alert_desc_string_long(verification_.alert_received));
    else if (!reason.empty())
        say("OpenSSL: " + reason);
    if (verification_.alert_sent != no_alert)
        say(std::string("TLS alert sent: ") + SSL_alert_desc_string_long(verification_.alert_sent));
    if (detail.empty()) say("the TLS session broke off");
    const Cause cause = missing ? Cause::certificate_missing : Cause::tls_failed;
    fail(output, verification_.refusal.value_or(cause), std::move(detail));
}

void Engine::fail(TlsOutput& output, Cause cause, std::string detail) {
    failure_ = cause;
    detail_ = std::move(detail);
    pending_.clear();
    output.failure = failure_;
    output.detail = detail_;
    output.peer.reset();
    output.data_keys.reset();
    output.dynamic_tls_crypt.reset();
}

void Engine::note_alert(const SSL* session, int where, int value) {
    if ((where & SSL_CB_ALERT) == 0) return;
    auto* verification = static_cast<Verification*>(SSL_get_app_data(session));
    int& noted =
        (where & SSL_CB_READ) != 0 ? verification->alert_received : verification->alert_sent;
    noted = value;
}

class Factory final : public TlsFactory {
public:
    explicit Factory(std::shared_ptr<const TlsContext> context) : context_(std::move(context)) {}
    std::unique_ptr<TlsEngine> make() const override { return std::make_unique<Engine>(context_); }

private:
    std::shared_ptr<const TlsContext> context_;
};

}  // namespace

Expected<std::shared_ptr<const TlsFactory>, std::string> openssl_server(
    const TlsServerCredentials& credentials, WallClock now) {
    auto context = make_server_context(credentials, std::move(now));
    ERR_clear_error();
    if (!context) return unexpected(context.error());
    return std::make_shared<const Factory>(std::move(*context));
}

Expected<std::shared_ptr<const TlsFactory>, std::string> openssl_client(
    const TlsClientCredentials& credentials, WallClock now, TlsVersion newest) {
    auto context = make_client_context(credentials, std::move(now), newest);
    ERR_clear_error();
    if (!context) return unexpected(context.error());
    return std::make_shared<const Factory>(std::move(*context));
}

}  // namespace kanmon::crypto
