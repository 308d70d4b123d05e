// OpenSSL's randomness from a seed, so that a world with real TLS replays too. Tests only.
#pragma once

#include <cstdint>

namespace kanmon::world {

/// From now on everything that OpenSSL draws in this process comes from this seed.
void seed_openssl(std::uint64_t seed);

}  // namespace kanmon::world
