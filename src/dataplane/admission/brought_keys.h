// Which wrapped key did this client bring? For tls-crypt-v2 clients up to 2.5, which show it once.
//
// Later ones are asked to send it again and cost no memory. A 2.5 client shows its key in its hello
// only, and says next what can be opened with that key alone; hence this memory. Keys come here
// only from packets that their owner wrapped, and stay as they came: wrapped by the server's key.
// It is a hint only: no session begins on its word, a cookie has to come back as well.
// Source: wire reference, section 8.
//
// Limits: `brought_keys_max` entries of 1 kB, allocated at once; the oldest of four gives way.
#pragma once

#include <vector>

#include "dataplane/admission/cookie.h"

namespace kanmon::admission {

inline constexpr std::size_t brought_keys_max = 512;
inline constexpr std::size_t brought_key_octets_max = 1024;
inline constexpr Duration brought_key_life = 60s;

class BroughtKeys {
public:
    explicit BroughtKeys(const SipKey& key) : key_(key), entries_(brought_keys_max) {}

    /// `wrapped_key` is at most `brought_key_octets_max` long; a longer one is not kept.
    void remember(const Greeter& greeter, Bytes wrapped_key, Instant now);
    /// The key that this greeter brought last, or nothing. Borrows until the next `remember`.
    Bytes find(const Greeter& greeter, Instant now) const;

private:
    static constexpr std::size_t ways = 4;
    struct Entry {
        std::uint64_t greeter = 0;  // 0: free
        Instant brought{};
        std::uint16_t octets = 0;
        std::array<std::byte, brought_key_octets_max> wrapped_key{};
    };
    std::size_t first_of(std::uint64_t name) const {
        return (name >> 8) % (entries_.size() / ways) * ways;
    }

    SipKey key_;
    std::vector<Entry> entries_;
};

}  // namespace kanmon::admission
