#include "base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace kanmon {

std::uint64_t Random::u64() {
    const auto octets = array<8>();
    return ByteReader(octets).u64();
}

void SystemRandom::fill(MutableBytes room) {
    while (!room.empty()) {
        const ssize_t got = getrandom(room.data(), room.size(), 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            std::abort();
        }
        room = room.subspan(static_cast<std::size_t>(got));
    }
}

void SeededRandom::fill(MutableBytes room) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < room.size(); ++i) {
        if (i % 8 == 0) word = engine_();
        room[i] = static_cast<std::byte>(word & 0xff);
        word >>= 8;
    }
}

}  // namespace kanmon
