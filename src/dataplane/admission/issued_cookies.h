// Which cookie did this client get lately? For clients up to 2.5 whose lone ACK_V1 was lost.
//
// They acknowledge our reset once, by itself, and then say CONTROL_V1 id 1 without any cookie; a
// stateless server cannot verify that, and they would be dead for 60 s. Sending the same reset
// again makes them acknowledge again - but it must carry the same cookie, hence this memory. It is
// a hint only: no state is ever created on its word. Source: wire reference, section 5.
//
// Limits: `issued_cookies_max` entries, allocated at start; the oldest of four gives way.
#pragma once

#include <vector>

#include "dataplane/admission/cookie.h"

namespace kanmon::admission {

inline constexpr std::size_t issued_cookies_max = 8192;
inline constexpr Duration issued_cookie_life = 60s;

class IssuedCookies {
public:
    explicit IssuedCookies(const SipKey& key) : key_(key), entries_(issued_cookies_max) {}

    void remember(const Greeter& greeter, const wire::SessionId& cookie, Instant now);
    /// The cookie that this greeter got last, or zero.
    wire::SessionId find(const Greeter& greeter, Instant now) const;

private:
    static constexpr std::size_t ways = 4;
    struct Entry {
        std::uint64_t greeter = 0;  // 0: free
        wire::SessionId cookie;
        Instant issued{};
    };

    SipKey key_;
    std::vector<Entry> entries_;
};

}  // namespace kanmon::admission
