#include "apps/settings/nearest_name.h"

#include <algorithm>
#include <numeric>

namespace kanmon::apps {

std::size_t edit_distance(std::string_view one, std::string_view other) {
    constexpr std::size_t letters_max = 64;  // the work grows with the product
    one = one.substr(0, letters_max);
    other = other.substr(0, letters_max);
    std::vector<std::size_t> row(other.size() + 1);  // from the letters of `one` seen so far
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < one.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < other.size(); ++j) {
            const std::size_t changed = diagonal + (one[i] == other[j] ? 0U : 1U);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
    const auto nearest = std::ranges::min_element(
        known, {}, [&](const std::string& each) { return edit_distance(name, each); });
    return nearest == known.end() ? std::string() : *nearest;
}

}  // namespace kanmon::apps
