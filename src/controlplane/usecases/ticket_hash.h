// How the token of a ticket is kept.
#pragma once

#include "base/secret.h"
#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

/// In hexadecimal, of the token in hexadecimal.
inline Buffer hash_of(Authority& authority, const Secret<32>& token) {
    std::string text = to_hex(token.view());
    const std::string hash = authority.digest(text);
    wipe(std::as_writable_bytes(std::span<char>(text)));
    return copy_of(as_bytes(hash));
}

}  // namespace kanmon::usecases
