// A TLS double: the shape of a handshake without its cryptography, the same octets every time.
//
// Frames on the stream: type u8 ‖ length u16 ‖ body.
//   client 'H' ──>            hello
//          <── 'S'            server hello, as long as real certificates
//   client 'F' ──>            finished; the body is the client's certificate number
//   both   'D'                one record of application data
//   both   'A'                alert; the receiver's session is dead
#pragma once

#include <algorithm>
#include <map>
#include <memory>

#include "base/random.h"
#include "dataplane/crypto/tls.h"

namespace kanmon::session {

/// What the double's authority knows: certificate number -> certificate.
using Certificates = std::map<std::uint8_t, crypto::PeerCertificate>;

inline constexpr std::size_t server_flight_octets = 2200;

/// A client of this number shows no certificate, and the server does not insist.
inline constexpr std::uint8_t no_certificate = 0xff;

class ScriptedEngine final : public crypto::TlsEngine {
public:
    ScriptedEngine(bool server, std::shared_ptr<const Certificates> known, std::uint8_t number)
        : server_(server), known_(std::move(known)), number_(number) {}

    crypto::TlsOutput advance(crypto::TlsInput input) override {
        crypto::TlsOutput output;
        if (!server_ && !greeted_) {
            handshake_ = ++handshakes;
            BufferWriter hello;
            hello.u64(handshake_);
            hello.bytes(Buffer(242));
            frame(output, 'H', hello.finish());
            greeted_ = true;
        }
        append(stream_, input.ciphertext);
        while (take_frame(output)) {
        }
        if (established_ && !input.plaintext.empty())
            frame(output, 'D', copy_of(input.plaintext.view()));
        output.established = established_;
        return output;
    }

private:
    static void frame(crypto::TlsOutput& output, char type, const Buffer& body) {
        BufferWriter out;
        out.u8(static_cast<std::uint8_t>(type));
        out.u16(static_cast<std::uint16_t>(body.size()));
        out.bytes(body);
        append(output.ciphertext, out.finish());
    }

    bool take_frame(crypto::TlsOutput& output) {
        ByteReader in(stream_);
        const char type = static_cast<char>(in.u8());
        const Buffer body = copy_of(in.bytes(in.u16()));
        if (!in.ok() || output.failure) return false;
        stream_.erase(stream_.begin(), stream_.end() - static_cast<std::ptrdiff_t>(in.remaining()));
        handle(type, body, output);
        return true;
    }

    void handle(char type, const Buffer& body, crypto::TlsOutput& output) {
        if (type == 'H' && server_) {
            handshake_ = ByteReader(body).u64();
            return frame(output, 'S', Buffer(server_flight_octets));
        }
        if (type == 'S' && !server_) {
            Buffer flight(1500, std::byte{number_});
            frame(output, 'F', flight);
            return establish(output);
        }
        if (type == 'F' && server_ && !body.empty()) {
            const auto number = std::to_integer<std::uint8_t>(body[0]);
            if (number == no_certificate) return establish(output);
            const auto found = known_->find(number);
            if (found == known_->end()) return fail(output);
            output.peer = found->second;
            return establish(output);
        }
        if (type == 'D' && established_) return append(output.plaintext, body);
        fail(output);
    }

    void establish(crypto::TlsOutput& output) {
        established_ = true;
        output.data_keys = crypto::KeyBlock(SeededRandom(handshake_).array<256>());
        output.dynamic_tls_crypt = crypto::KeyBlock(SeededRandom(~handshake_).array<256>());
    }

    static void fail(crypto::TlsOutput& output) {
        frame(output, 'A', {});
        output.failure = Cause::certificate_foreign;
        output.detail = "certificate of another authority";
    }

    /// Told by the client, so that both sides export the same keys, and every handshake others.
    static inline std::uint64_t handshakes = 0;

    bool server_;
    std::shared_ptr<const Certificates> known_;
    std::uint8_t number_;
    std::uint64_t handshake_ = 0;
    Buffer stream_;
    bool greeted_ = false;
    bool established_ = false;
};

class ScriptedTls final : public crypto::TlsFactory {
public:
    static std::shared_ptr<const crypto::TlsFactory> server(Certificates known) {
        return std::make_shared<ScriptedTls>(true, std::move(known), std::uint8_t{0});
    }
    static std::shared_ptr<const crypto::TlsFactory> client(std::uint8_t number) {
        return std::make_shared<ScriptedTls>(false, Certificates{}, number);
    }
    ScriptedTls(bool server, Certificates known, std::uint8_t number)
        : server_(server),
          known_(std::make_shared<const Certificates>(std::move(known))),
          number_(number) {}

    std::unique_ptr<crypto::TlsEngine> make() const override {
        return std::make_unique<ScriptedEngine>(server_, known_, number_);
    }

private:
    bool server_;
    std::shared_ptr<const Certificates> known_;
    std::uint8_t number_;
};

}  // namespace kanmon::session
