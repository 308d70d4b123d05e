// What a world must never do. The names are those of the security reference.
#pragma once

#include <stdexcept>
#include <string>

namespace kanmon::world {

/// An invariant is broken: the world ends, and the seed is printed.
class Broken : public std::runtime_error {
public:
    Broken(const std::string& invariant, const std::string& what)
        : std::runtime_error(invariant + ": " + what) {}
};

inline void require(bool holds, const char* invariant, const std::string& what) {
    if (!holds) throw Broken(invariant, what);
}

}  // namespace kanmon::world
