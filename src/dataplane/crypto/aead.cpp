#include "dataplane/crypto/aead.h"

#include <algorithm>
#include <array>

#include "dataplane/crypto/ipsec_mb_aead.h"
#include "dataplane/crypto/openssl_aead.h"

namespace kanmon::crypto {
namespace {

/// A message sealed by one is opened by the other: a library that is broken on this very processor
/// is noticed before it sees a packet.
bool understands_openssl(CipherSuite suite) {
    const std::array<std::byte, 32> key{std::byte{1}, std::byte{2}};
    const std::array<std::byte, aead_nonce_octets> nonce{std::byte{3}};
    const Bytes scheduled = Bytes(key).first(key_bits(suite) / 8u);
    std::array<std::byte, 1500> text{}, tag{};
    const MutableBytes room = MutableBytes(tag).first(aead_tag_octets);
    const Bytes additional_data = Bytes(key).first(8);
    make_ipsec_mb_aead_key(suite, scheduled, Way::encrypt)
        ->seal(nonce, additional_data, text, room);
    return make_openssl_aead_key(suite, scheduled, Way::decrypt)
               ->open(nonce, additional_data, text, room) &&
           std::ranges::all_of(text, [](std::byte octet) { return octet == std::byte{0}; });
}

constexpr std::array aead_suites{CipherSuite::aes_256_gcm, CipherSuite::aes_192_gcm,
                                 CipherSuite::aes_128_gcm, CipherSuite::chacha20_poly1305};

struct Choice {
    std::optional<VectorWidth> width;  // of intel-ipsec-mb, where that serves at all
    std::string words = "OpenSSL";
};

Choice choose() {
    constexpr std::array words{"SSE or AVX", "AVX2", "AVX-512"};
    const auto width = probe_ipsec_mb();
    if (!width) return {};
    if (!std::ranges::all_of(aead_suites, understands_openssl))
        return {{}, "OpenSSL, since intel-ipsec-mb fails here"};
    return {width, std::string("intel-ipsec-mb with ") + words[static_cast<std::size_t>(*width)] +
                       (is_faster_by_ipsec_mb(CipherSuite::chacha20_poly1305, *width)
                            ? ""
                            : "; OpenSSL for ChaCha20-Poly1305")};
}

const Choice& choice() {
    static const Choice chosen = choose();
    return chosen;
}

}  // namespace

AeadBackEnd aead_back_end(CipherSuite suite) {
    const auto width = choice().width;
    return width && is_faster_by_ipsec_mb(suite, *width) ? AeadBackEnd::ipsec_mb
                                                         : AeadBackEnd::openssl;
}

std::string describe_aead_back_ends() {
    return choice().words;
}

std::unique_ptr<AeadKey> make_aead_key(CipherSuite suite, Bytes key, Way way) {
    return make_aead_key(aead_back_end(suite), suite, key, way);
}

std::unique_ptr<AeadKey> make_aead_key(AeadBackEnd back_end, CipherSuite suite, Bytes key,
                                       Way way) {
    if (back_end == AeadBackEnd::openssl) return make_openssl_aead_key(suite, key, way);
    static const bool present = probe_ipsec_mb().has_value();
    return present ? make_ipsec_mb_aead_key(suite, key, way) : nullptr;
}

}  // namespace kanmon::crypto
