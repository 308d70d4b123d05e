#include "controlplane/adapters/sha256.h"

#include <openssl/evp.h>

#include <array>

#include "base/bytes.h"

namespace kanmon::adapters {

std::string sha256_text(std::string_view text) {
    std::array<std::byte, 32> value{};
    EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(value.data()), nullptr,
               EVP_sha256(), nullptr);
    return to_hex(value);
}

}  // namespace kanmon::adapters
