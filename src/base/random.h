// Randomness as a port: the kernel's in the product, a seeded stream in tests.
#pragma once

#include <random>

#include "base/bytes.h"

namespace kanmon {

class Random {
public:
    virtual ~Random() = default;
    virtual void fill(MutableBytes room) = 0;

    template <std::size_t N>
    std::array<std::byte, N> array() {
        std::array<std::byte, N> value{};
        fill(value);
        return value;
    }

    std::uint64_t u64();
};

/// getrandom(2); aborts when the kernel has none, since nothing safe could follow.
class SystemRandom final : public Random {
public:
    void fill(MutableBytes room) override;
};

/// The same octets for the same seed on every machine. Tests only.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
    void fill(MutableBytes room) override;

private:
    std::mt19937_64 engine_;
};

}  // namespace kanmon
