// Why the plain SHA functions, which OpenSSL 3.0 calls deprecated: its EVP digests and MACs take
// heap memory anew for every message, and the packet path must not.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "dataplane/crypto/hmac.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>

#include "dataplane/crypto/openssl_handle.h"

namespace kanmon::crypto {
namespace {

constexpr std::byte inner_pad{0x36};
constexpr std::byte outer_pad{0x5c};

struct Sha1 {
    using Context = SHA_CTX;
    static constexpr std::size_t block_octets = 64, octets = 20;
    static constexpr auto init = SHA1_Init;
    static constexpr auto update = SHA1_Update;
    static constexpr auto final = SHA1_Final;
};
struct Sha256 {
    using Context = SHA256_CTX;
    static constexpr std::size_t block_octets = 64, octets = 32;
    static constexpr auto init = SHA256_Init;
    static constexpr auto update = SHA256_Update;
    static constexpr auto final = SHA256_Final;
};
struct Sha512 {
    using Context = SHA512_CTX;
    static constexpr std::size_t block_octets = 128, octets = 64;
    static constexpr auto init = SHA512_Init;
    static constexpr auto update = SHA512_Update;
    static constexpr auto final = SHA512_Final;
};

}  // namespace

struct Hmac::State {
    virtual ~State() = default;
    virtual void rekey(Bytes key) = 0;
    virtual void start() = 0;
    virtual void add(Bytes message) = 0;
    virtual void finish(MutableBytes room) = 0;
};

template <class Algorithm>
struct Hmac::StateOf final : Hmac::State {
    explicit StateOf(Bytes key) { rekey(key); }
    void rekey(Bytes key) override {
        require(key.size() <= Algorithm::block_octets, "an HMAC key longer than a block");
        begin(inner, key, inner_pad);
        begin(outer, key, outer_pad);
    }
    ~StateOf() override {
        OPENSSL_cleanse(&inner, sizeof inner);
        OPENSSL_cleanse(&outer, sizeof outer);
        OPENSSL_cleanse(&running, sizeof running);
    }

    static void begin(typename Algorithm::Context& context, Bytes key, std::byte pad) {
        std::array<std::byte, Algorithm::block_octets> block{};
        for (std::size_t i = 0; i < block.size(); ++i)
            block[i] = (i < key.size() ? key[i] : std::byte{0}) ^ pad;
        require(Algorithm::init(&context) == 1, "starting a digest");
        Algorithm::update(&context, block.data(), block.size());
        wipe(block);
    }

    void start() override { running = inner; }
    void add(Bytes message) override {
        Algorithm::update(&running, message.data(), message.size());
    }
    void finish(MutableBytes room) override {
        require(room.size() >= Algorithm::octets, "room for a digest");
        std::array<std::byte, Algorithm::octets> digest{};
        Algorithm::final(octets_of(MutableBytes(digest)), &running);
        running = outer;
        Algorithm::update(&running, digest.data(), digest.size());
        Algorithm::final(octets_of(room), &running);
    }

    typename Algorithm::Context inner{}, outer{}, running{};
};

Hmac::Hmac(Digest digest, Bytes key) : octets_(digest_octets(digest)) {
    if (digest == Digest::sha1) state_ = std::make_unique<StateOf<Sha1>>(key);
    if (digest == Digest::sha256) state_ = std::make_unique<StateOf<Sha256>>(key);
    if (digest == Digest::sha512) state_ = std::make_unique<StateOf<Sha512>>(key);
}

Hmac::~Hmac() = default;
Hmac::Hmac(Hmac&&) noexcept = default;
Hmac& Hmac::operator=(Hmac&&) noexcept = default;

void Hmac::rekey(Bytes key) {
    state_->rekey(key);
}

void Hmac::start() {
    state_->start();
}

void Hmac::add(Bytes message) {
    state_->add(message);
}

void Hmac::finish(MutableBytes room) {
    state_->finish(room);
}

Buffer hmac_of(Digest digest, Bytes key, std::initializer_list<Bytes> message) {
    Hmac hmac(digest, key);
    hmac.start();
    for (const Bytes part : message) hmac.add(part);
    Buffer result(hmac.octets());
    hmac.finish(result);
    return result;
}

}  // namespace kanmon::crypto
