#include "base/secret.h"

namespace kanmon {

void wipe(MutableBytes bytes) {
    volatile std::byte* at = bytes.data();
    for (std::size_t i = 0; i < bytes.size(); ++i) at[i] = std::byte{0};
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
