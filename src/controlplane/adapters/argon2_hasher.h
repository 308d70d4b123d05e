// Passwords by argon2id (RFC 9106), one-time codes by HMAC-SHA1 (RFC 6238).
//
// 19 MiB and two passes a password, which is what OWASP asks for; two at a time, so that a storm of
// logins takes 38 MiB and no more. Who comes third waits.
#pragma once

#include <memory>

#include "base/random.h"
#include "controlplane/usecases/ports.h"

namespace kanmon::adapters {

struct Argon2Cost {
    std::uint32_t memory_kib = 19 * 1024;
    std::uint32_t passes = 2;
};

std::unique_ptr<usecases::CredentialHasher> make_argon2_hasher(Random& random,
                                                               const Argon2Cost& cost = {});

}  // namespace kanmon::adapters
