#include "dataplane/admission/issued_cookies.h"

namespace kanmon::admission {

void IssuedCookies::remember(const Greeter& greeter, const wire::SessionId& cookie, Instant now) {
    const std::uint64_t name = name_of(greeter, key_);
    const std::size_t first = (name >> 8) % (entries_.size() / ways) * ways;
    std::size_t place = first;
    for (std::size_t i = first; i < first + ways; ++i) {
        if (entries_[i].greeter == name) {
            place = i;
            break;
        }
        const bool freer = entries_[i].greeter == 0 && entries_[place].greeter != 0;
        const bool older = entries_[i].issued < entries_[place].issued;
        if (freer || (older && entries_[place].greeter != 0)) place = i;
    }
    entries_[place] = {name, cookie, now};
}

wire::SessionId IssuedCookies::find(const Greeter& greeter, Instant now) const {
    const std::uint64_t name = name_of(greeter, key_);
    const std::size_t first = (name >> 8) % (entries_.size() / ways) * ways;
    for (std::size_t i = first; i < first + ways; ++i)
        if (entries_[i].greeter == name && now - entries_[i].issued < issued_cookie_life)
            return entries_[i].cookie;
    return {};
}

}  // namespace kanmon::admission
