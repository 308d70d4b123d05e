// Which signed requests were seen: each may be used once while its time is still accepted.
//
// Promises: a remembered nonce stays until its request's time has left the window; it is never
//           pushed out early, so no replay gets in. A full book refuses instead.
// Owner:    any thread (one lock). Pure: time is an argument.
// Limits:   nonces_max in all, nonces_per_key_max of one access key, so that no key starves
//           another.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "base/time.h"
#include "controlplane/model/outcome.h"

namespace kanmon::api {

inline constexpr std::size_t nonces_max = 1 << 18;
inline constexpr std::size_t nonces_per_key_max = 1 << 16;
inline constexpr std::size_t nonce_octets_max = 256;
inline constexpr std::chrono::minutes clock_skew_max{15};

class NonceBook {
public:
    explicit NonceBook(std::size_t all_max = nonces_max, std::size_t key_max = nonces_per_key_max)
        : all_max_(all_max), key_max_(key_max) {}

    /// SignatureNonceUsed; Throttling.User (429) when the book is full.
    model::Outcome<void> use(const std::string& access_key, const std::string& nonce,
                             UnixTime signed_at, UnixTime now);
    std::size_t size() const;

private:
    using Mark = std::array<std::byte, 32>;
    struct Entry {
        UnixTime until{};
        Mark mark{};
        std::string access_key;
        friend auto operator<=>(const Entry&, const Entry&) = default;
    };
    void forget_before(UnixTime now);

    const std::size_t all_max_;
    const std::size_t key_max_;
    mutable std::mutex lock_;
    std::set<Entry> by_end_;
    std::set<Mark> marks_;
    std::map<std::string, std::size_t> of_key_;
};

/// InvalidTimeStamp.Format, InvalidTimeStamp.Expired (more than 15 minutes off either way).
model::Outcome<UnixTime> check_signing_time(std::string_view text, UnixTime now);

}  // namespace kanmon::api
