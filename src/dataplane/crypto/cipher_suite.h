// The data-channel ciphers, their names on the wire and their sizes.
// Source: wire reference, sections 15, 16, 24.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kanmon::crypto {

enum class CipherSuite : std::uint8_t {
    aes_256_gcm,
    aes_192_gcm,
    aes_128_gcm,
    chacha20_poly1305,
    aes_256_cbc,
    aes_192_cbc,
    aes_128_cbc,
    none  // tunnelled packets are authenticated, and anybody can read them
};
enum class Digest : std::uint8_t { sha1, sha256, sha512 };

std::string_view name_of(CipherSuite suite);  // "AES-256-GCM"
/// Case-insensitive; also "id-aes256-GCM" style names are not accepted.
std::optional<CipherSuite> cipher_suite_of(std::string_view name);
std::string_view name_of(Digest digest);  // "SHA1"
std::optional<Digest> digest_of(std::string_view name);

constexpr bool is_aead(CipherSuite suite) {
    return suite <= CipherSuite::chacha20_poly1305;
}
std::uint16_t key_bits(CipherSuite suite);
std::uint16_t digest_octets(Digest digest);

}  // namespace kanmon::crypto
