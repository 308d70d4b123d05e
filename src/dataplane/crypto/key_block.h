// 256 octets of data-channel key material, and the two ways to derive them.
//
//      0          64        128         192        256
//     +----------+----------+-----------+----------+
//     | cipher   | hmac     | cipher    | hmac     |
//     +----------+----------+-----------+----------+
//     |<-- client to server -->|<-- server to client -->|
//
// For AEAD the first 8 octets of the hmac field are the implicit IV. Source: wire reference, 13.
#pragma once

#include "base/secret.h"

namespace kanmon::crypto {

using KeyBlock = Secret<256>;

struct PrfInput {
    Secret<48> pre_master;
    Secret<32> client_random1, client_random2, server_random1, server_random2;
    std::array<std::byte, 8> client_session_id{}, server_session_id{};
};

/// TLS 1.0 PRF (MD5 xor SHA1): clients up to 2.5. Vector: wire reference, section 13.
KeyBlock derive_by_prf(const PrfInput& input);

}  // namespace kanmon::crypto
