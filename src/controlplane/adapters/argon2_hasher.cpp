#include "controlplane/adapters/argon2_hasher.h"

#include <argon2.h>
#include <fmt/core.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <semaphore>

#include "base/log.h"

namespace kanmon::adapters {

namespace {

constexpr std::uint32_t lanes = 1;
constexpr std::size_t salt_octets = 16;
constexpr std::size_t hash_octets = 32;
constexpr std::ptrdiff_t at_once = 2;
constexpr std::size_t sha1_octets = 20;
constexpr std::uint32_t codes = 1'000'000;

class Argon2Hasher final : public usecases::CredentialHasher {
public:
    Argon2Hasher(Random& random, const Argon2Cost& cost) : random_(random), cost_(cost) {
        const auto nobody = hash_password(random_.array<32>());
        if (nobody) nobody_ = *nobody;
    }

    usecases::Outcome<std::string> hash_password(Bytes password) override {
        const auto salt = random_.array<salt_octets>();
        std::string encoded(argon2_encodedlen(cost_.passes, cost_.memory_kib, lanes, salt_octets,
                                              hash_octets, Argon2_id),
                            '\0');
        const Slot slot(slots_);
        const int result = argon2id_hash_encoded(
            cost_.passes, cost_.memory_kib, lanes, password.data(), password.size(), salt.data(),
            salt.size(), hash_octets, encoded.data(), encoded.size());
        if (result != ARGON2_OK)
            return model::unavailable(
                fmt::format("A password could not be hashed: {}.", argon2_error_message(result)));
        encoded.resize(encoded.find('\0'));
        return encoded;
    }

    bool password_matches(Bytes password, const std::string& hash) override {
        const Slot slot(slots_);
        const int result = argon2id_verify(hash.c_str(), password.data(), password.size());
        if (result != ARGON2_OK && result != ARGON2_VERIFY_MISMATCH)
            log_event(Severity::error, "a password could not be compared",
                      {{"problem", argon2_error_message(result)}});
        return result == ARGON2_OK;
    }

    const std::string& hash_of_nobody() override { return nobody_; }

    std::string one_time_code(Bytes secret, std::int64_t step) override {
        std::array<std::byte, 8> counter{};
        ByteWriter(counter).u64(static_cast<std::uint64_t>(step));
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned octets = 0;
        const auto* key = static_cast<const void*>(secret.data());
        const auto* message = static_cast<const void*>(counter.data());
        if (HMAC(EVP_sha1(), key, static_cast<int>(secret.size()),
                 static_cast<const unsigned char*>(message), counter.size(), digest.data(),
                 &octets) == nullptr ||
            octets != sha1_octets)
            return {};
        const std::size_t at = digest[sha1_octets - 1] & 0x0f;
        ByteReader in(std::as_bytes(std::span(digest)).subspan(at));
        return fmt::format("{:06}", (in.u32() & 0x7fffffff) % codes);
    }

private:
    class Slot {
    public:
        explicit Slot(std::counting_semaphore<at_once>& slots) : slots_(slots) { slots_.acquire(); }
        ~Slot() { slots_.release(); }
        Slot(const Slot&) = delete;
        Slot& operator=(const Slot&) = delete;

    private:
        std::counting_semaphore<at_once>& slots_;
    };

    Random& random_;
    Argon2Cost cost_;
    std::counting_semaphore<at_once> slots_{at_once};
    std::string nobody_;
};

}  // namespace

std::unique_ptr<usecases::CredentialHasher> make_argon2_hasher(Random& random,
                                                               const Argon2Cost& cost) {
    return std::make_unique<Argon2Hasher>(random, cost);
}

}  // namespace kanmon::adapters
