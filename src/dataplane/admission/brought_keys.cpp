#include "dataplane/admission/brought_keys.h"

#include <algorithm>

namespace kanmon::admission {

void BroughtKeys::remember(const Greeter& greeter, Bytes wrapped_key, Instant now) {
    if (wrapped_key.size() > brought_key_octets_max) return;
    const std::uint64_t name = name_of(greeter, key_);
    const std::span<Entry> candidates = std::span(entries_).subspan(first_of(name), ways);
    // Its own entry, else a free one, else the oldest: free ones are older than everything.
    auto place = std::ranges::find(candidates, name, &Entry::greeter);
    if (place == candidates.end())
        place = std::ranges::min_element(candidates, {}, [](auto& entry) {
            return entry.greeter == 0 ? Instant::min() : entry.brought;
        });
    place->greeter = name;
    place->brought = now;
    place->octets = static_cast<std::uint16_t>(wrapped_key.size());
    std::ranges::copy(wrapped_key, place->wrapped_key.begin());
}

Bytes BroughtKeys::find(const Greeter& greeter, Instant now) const {
    const std::uint64_t name = name_of(greeter, key_);
    for (const Entry& entry : std::span(entries_).subspan(first_of(name), ways))
        if (entry.greeter == name && now - entry.brought < brought_key_life)
            return Bytes(entry.wrapped_key).first(entry.octets);
    return {};
}

}  // namespace kanmon::admission
