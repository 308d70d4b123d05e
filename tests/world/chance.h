// The one source of randomness of a world.
#pragma once

#include <cstddef>
#include <span>

#include "base/random.h"
#include "base/time.h"

namespace kanmon::world {

class Chance {
public:
    explicit Chance(std::uint64_t seed) : random_(seed) {}

    std::uint64_t number() { return random_.u64(); }
    std::uint64_t below(std::uint64_t limit) { return random_.u64() % limit; }
    bool happens(double probability) {
        return static_cast<double>(random_.u64() >> 11) * 0x1p-53 < probability;
    }
    Duration between(Duration least, Duration most) {
        const auto span = static_cast<std::uint64_t>((most - least).count());
        return least + Duration(static_cast<std::int64_t>(below(span + 1)));
    }
    template <class T>
    const T& one_of(std::span<const T> choices) {
        return choices[below(choices.size())];
    }

private:
    SeededRandom random_;
};

}  // namespace kanmon::world
