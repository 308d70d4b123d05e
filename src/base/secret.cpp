#include "base/secret.h"

#include <cstring>

namespace kanmon {

void wipe(MutableBytes bytes) {
    if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());  // no compiler leaves it out
}

bool constant_time_equal(Bytes left, Bytes right) {
    if (left.size() != right.size()) return false;
    // `volatile` keeps the compiler from leaving the loop at the first difference.
    volatile std::uint8_t difference = 0;
    for (std::size_t i = 0; i < left.size(); ++i)
        difference = static_cast<std::uint8_t>(difference | (std::to_integer<unsigned>(left[i]) ^
                                                             std::to_integer<unsigned>(right[i])));
    return difference == 0;
}

}  // namespace kanmon
