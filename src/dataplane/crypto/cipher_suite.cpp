#include "dataplane/crypto/cipher_suite.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace kanmon::crypto {
namespace {

struct SuiteRow {
    CipherSuite suite;
    std::string_view name;
    std::uint16_t key_bits;
};
constexpr std::array suites{
    SuiteRow{CipherSuite::aes_256_gcm, "AES-256-GCM", 256},
    SuiteRow{CipherSuite::aes_192_gcm, "AES-192-GCM", 192},
    SuiteRow{CipherSuite::aes_128_gcm, "AES-128-GCM", 128},
    SuiteRow{CipherSuite::chacha20_poly1305, "CHACHA20-POLY1305", 256},
    SuiteRow{CipherSuite::aes_256_cbc, "AES-256-CBC", 256},
    SuiteRow{CipherSuite::aes_192_cbc, "AES-192-CBC", 192},
    SuiteRow{CipherSuite::aes_128_cbc, "AES-128-CBC", 128},
    SuiteRow{CipherSuite::none, "none", 0},
};

struct DigestRow {
    Digest digest;
    std::string_view name;
    std::uint16_t octets;
};
constexpr std::array digests{
    DigestRow{Digest::sha1, "SHA1", 20},
    DigestRow{Digest::sha256, "SHA256", 32},
    DigestRow{Digest::sha512, "SHA512", 64},
};

constexpr char upper(char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

bool same_name(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, {}, upper, upper);
}

}  // namespace

std::string_view name_of(CipherSuite suite) {
    return suites[static_cast<std::size_t>(suite)].name;
}

std::optional<CipherSuite> cipher_suite_of(std::string_view name) {
    for (const SuiteRow& row : suites)
        if (same_name(row.name, name)) return row.suite;
    return std::nullopt;
}

std::string_view name_of(Digest digest) {
    return digests[static_cast<std::size_t>(digest)].name;
}

std::optional<Digest> digest_of(std::string_view name) {
    for (const DigestRow& row : digests)
        if (same_name(row.name, name)) return row.digest;
    return std::nullopt;
}

std::uint16_t key_bits(CipherSuite suite) {
    return suites[static_cast<std::size_t>(suite)].key_bits;
}

std::uint16_t digest_octets(Digest digest) {
    return digests[static_cast<std::size_t>(digest)].octets;
}

}  // namespace kanmon::crypto
