#include "world/scripted_tls.h"

#include "base/random.h"

namespace kanmon::world {

namespace {

enum class Record : std::uint8_t { hello = 22, certificate = 11, finished = 20, data = 23 };

constexpr std::size_t client_hello_octets = 270;
constexpr std::size_t server_hello_octets = 1900;  // with its certificate chain
constexpr std::size_t certificate_octets = 1100;
constexpr std::size_t record_octets_max = 8192;
constexpr std::size_t header_octets = 3;
constexpr std::size_t tag_octets = 8;

/// FNV-1a with a final mix: enough to tell streams apart.
std::uint64_t digest(std::uint64_t state, Bytes octets) {
    for (const std::byte octet : octets)
        state = (state ^ std::to_integer<std::uint64_t>(octet)) * 0x100000001b3ULL;
    state ^= state >> 31;
    return state * 0x9e3779b97f4a7c15ULL;
}

crypto::KeyBlock exported(std::uint64_t secret, std::uint64_t label) {
    crypto::KeyBlock block;
    SeededRandom(secret ^ label).fill(block.mutable_view());
    return block;
}

/// Both sides: records in and out, data behind the handshake.
class ScriptedEngine : public crypto::TlsEngine {
public:
    explicit ScriptedEngine(std::uint64_t seed, bool is_client)
        : random_(seed), is_client_(is_client) {}

    crypto::TlsOutput advance(crypto::TlsInput input) final {
        crypto::TlsOutput output;
        out_ = &output;
        if (dead_) {
            fail("the session is dead");
            return output;
        }
        append(stream_, input.ciphertext);
        append(waiting_, input.plaintext.view());
        start();
        while (!dead_ && read_record()) {
        }
        if (established_ && !waiting_.empty()) send_data();
        return output;
    }

protected:
    virtual void start() {}
    virtual void on_record(Record type, Bytes body) = 0;

    void send(Record type, Bytes body) {
        BufferWriter record;
        record.u8(static_cast<std::uint8_t>(type));
        record.u16(static_cast<std::uint16_t>(body.size()));
        record.bytes(body);
        if (type != Record::hello) record.u64(tag(is_client_, sent_++, body));
        append(out_->ciphertext, record.finish());
    }

    void send_hello(std::size_t octets, std::uint8_t flags) {
        Buffer hello(octets);
        random_.fill(hello);
        hello[32] = static_cast<std::byte>(flags);
        remember_hello(hello);
        send(Record::hello, hello);
    }

    void remember_hello(Bytes hello) { secret_ = digest(secret_, hello.first(32)); }

    void establish() {
        established_ = true;
        out_->established = true;
        out_->data_keys = exported(secret_, 1);
        out_->dynamic_tls_crypt = exported(secret_, 2);
        out_->protocol = "scripted";
        out_->peer = peer_;
    }

    void fail(std::string why) {
        dead_ = true;
        out_->failure = Cause::tls_failed;
        out_->detail = std::move(why);
    }
    void refuse(Cause cause) {
        dead_ = true;
        out_->failure = cause;
    }
    bool established() const { return established_; }
    crypto::PeerCertificate peer_;

private:
    std::uint64_t tag(bool from_client, std::uint64_t number, Bytes body) const {
        return digest(digest(secret_ + number * 2 + (from_client ? 1 : 0), body), {});
    }

    bool read_record() {
        ByteReader in(stream_);
        const auto type = static_cast<Record>(in.u8());
        const std::size_t length = in.u16();
        if (!in.ok()) return false;
        if (length > record_octets_max) {
            fail("record too long");
            return false;
        }
        const bool tagged = type != Record::hello;
        const Buffer body = copy_of(in.bytes(length));
        const std::uint64_t received_tag = tagged ? in.u64() : 0;
        if (!in.ok()) return false;
        stream_.erase(stream_.begin(),
                      stream_.begin() + static_cast<std::ptrdiff_t>(header_octets + length +
                                                                    (tagged ? tag_octets : 0)));
        if (tagged && received_tag != tag(!is_client_, received_++, body)) {
            fail("a record of another session");
            return false;
        }
        if (type != Record::data) {
            on_record(type, body);
        } else if (established_) {
            append(out_->plaintext, body);
        } else {
            fail("data before the handshake");
        }
        return !dead_;
    }

    void send_data() {
        Bytes rest = waiting_;
        while (!rest.empty()) {
            const Bytes piece = rest.first(std::min<std::size_t>(rest.size(), record_octets_max));
            rest = rest.subspan(piece.size());
            send(Record::data, piece);
        }
        waiting_.clear();
    }

    SeededRandom random_;
    bool is_client_;
    bool established_ = false;
    bool dead_ = false;
    std::uint64_t secret_ = 0xcbf29ce484222325ULL;
    std::uint64_t sent_ = 0, received_ = 0;
    Buffer stream_, waiting_;
    crypto::TlsOutput* out_ = nullptr;
};

class ClientSide final : public ScriptedEngine {
public:
    ClientSide(std::uint64_t seed, const ScriptedClient& client)
        : ScriptedEngine(seed, true), client_(client) {}

private:
    void start() override {
        if (started_) return;
        started_ = true;
        send_hello(client_hello_octets, client_.three_flights ? 1 : 0);
    }

    void on_record(Record type, Bytes body) override {
        if (type == Record::hello && body.size() == server_hello_octets && !greeted_) {
            greeted_ = true;
            remember_hello(body);
            const std::string names = client_.common_name + '\n' + client_.serial + '\n';
            Buffer certificate(std::max(names.size(), certificate_octets), std::byte{0});
            std::ranges::copy(as_bytes(names), certificate.begin());
            send(Record::certificate, certificate);
            send(Record::finished, {});
            if (!client_.three_flights) establish();
        } else if (type == Record::finished && client_.three_flights && !established()) {
            establish();
        } else {
            fail("unexpected record");
        }
    }

    ScriptedClient client_;
    bool started_ = false;
    bool greeted_ = false;
};

class ServerSide final : public ScriptedEngine {
public:
    ServerSide(std::uint64_t seed, const Objection& objection)
        : ScriptedEngine(seed, false), objection_(objection) {}

private:
    void on_record(Record type, Bytes body) override {
        if (type == Record::hello && body.size() == client_hello_octets && !greeted_) {
            greeted_ = true;
            three_flights_ = body[32] == std::byte{1};
            remember_hello(body);
            send_hello(server_hello_octets, 0);
        } else if (type == Record::certificate && greeted_ && peer_.common_name.empty()) {
            read_certificate(as_text(body));
        } else if (type == Record::finished && !peer_.common_name.empty() && !established()) {
            if (three_flights_) send(Record::finished, {});
            establish();
        } else {
            fail("unexpected record");
        }
    }

    void read_certificate(const std::string& text) {
        const std::size_t name_end = text.find('\n');
        const std::size_t serial_end = text.find('\n', name_end + 1);
        if (serial_end == std::string::npos) return refuse(Cause::certificate_malformed);
        peer_.common_name = text.substr(0, name_end);
        peer_.serial = text.substr(name_end + 1, serial_end - name_end - 1);
        peer_.not_after = unix_time_of(4'000'000'000);
        SeededRandom(digest(1, as_bytes(text))).fill(peer_.sha256);
        if (objection_) peer_.objection = objection_(peer_);
    }

    Objection objection_;
    bool greeted_ = false;
    bool three_flights_ = false;
};

template <class Engine, class Traits>
class Factory final : public crypto::TlsFactory {
public:
    Factory(std::uint64_t seed, Traits traits) : random_(seed), traits_(std::move(traits)) {}
    std::unique_ptr<crypto::TlsEngine> make() const override {
        return std::make_unique<Engine>(random_.u64(), traits_);
    }

private:
    mutable SeededRandom random_;  // worlds have one thread
    Traits traits_;
};

}  // namespace

std::shared_ptr<const crypto::TlsFactory> scripted_server(std::uint64_t seed, Objection objection) {
    return std::make_shared<Factory<ServerSide, Objection>>(seed, std::move(objection));
}

std::shared_ptr<const crypto::TlsFactory> scripted_client(std::uint64_t seed,
                                                          ScriptedClient client) {
    return std::make_shared<Factory<ClientSide, ScriptedClient>>(seed, std::move(client));
}

}  // namespace kanmon::world
