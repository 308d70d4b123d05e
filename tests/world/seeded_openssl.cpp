#include "world/seeded_openssl.h"

#include <openssl/rand.h>

#include <memory>

#include "base/random.h"

// The replaceable generator is deprecated in favour of providers; for a test it is the short way.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace kanmon::world {

namespace {

std::unique_ptr<SeededRandom>& generator() {
    static std::unique_ptr<SeededRandom> random;
    return random;
}

int draw(unsigned char* room, int octets) {
    generator()->fill(std::as_writable_bytes(std::span(room, static_cast<std::size_t>(octets))));
    return 1;
}

int is_ready() {
    return 1;
}

}  // namespace

void seed_openssl(std::uint64_t seed) {
    static const RAND_METHOD method{.seed = nullptr,
                                    .bytes = draw,
                                    .cleanup = nullptr,
                                    .add = nullptr,
                                    .pseudorand = draw,
                                    .status = is_ready};
    generator() = std::make_unique<SeededRandom>(seed);
    RAND_set_rand_method(&method);
}

}  // namespace kanmon::world
