// Which signed requests were seen: each may be used once while its time is still accepted.
//
// A nonce is kept as eight octets of a keyed hash, so that nobody can look for two that fall
// together, in the page of the minute in which its request was signed: a page whose minute is out
// of the window goes as a whole.
//
// Promises: a remembered nonce stays until its request's time has left the window; it is never
//           pushed out early, so no replay gets in. A full book refuses instead. It begins empty:
//           over a restart `Books::transact` remembers the requests that have changed something.
// Owner:    any thread (one lock). Pure: time and the key of the hash are arguments.
// Limits:   nonces_max in all: 3,495 a second, all day, in 29 to 36 MB; of one access key seven
//           eighths of them, so that no key starves the others.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/time.h"
#include "controlplane/model/outcome.h"

namespace kanmon::api {

inline constexpr std::size_t nonces_max = std::size_t{3} << 20;
inline constexpr std::size_t nonce_octets_max = 256;
inline constexpr std::chrono::minutes clock_skew_max{15};

/// Numbers but 0, by open addressing; one allocation that grows by a quarter when it is seven
/// eighths full.
class NumberSet {
public:
    bool contains(std::uint64_t number) const;
    void insert(std::uint64_t number);
    std::size_t size() const { return size_; }

private:
    std::size_t place_of(std::uint64_t number) const;

    std::vector<std::uint64_t> places_;  // 0: free
    std::size_t size_ = 0;
};

class NonceBook {
public:
    explicit NonceBook(const Secret<32>& hash_key, std::size_t all_max = nonces_max)
        : hash_key_(hash_key), all_max_(all_max), key_max_(all_max - all_max / 8) {}

    /// SignatureNonceUsed; Throttling.User (429) when the book is full.
    model::Outcome<void> use(const std::string& access_key, const std::string& nonce,
                             UnixTime signed_at, UnixTime now);
    std::size_t size() const;

private:
    using Minute = std::chrono::sys_time<std::chrono::minutes>;
    struct Page {
        NumberSet marks;
        std::map<std::string, std::size_t> of_key;
    };
    std::uint64_t mark_of(const std::string& access_key, const std::string& nonce) const;
    bool is_used(std::uint64_t mark) const;
    void forget_before(UnixTime now);

    const Secret<32> hash_key_;
    const std::size_t all_max_;
    const std::size_t key_max_;
    mutable std::mutex lock_;
    std::map<Minute, Page> pages_;
    std::size_t size_ = 0;
    std::map<std::string, std::size_t> of_key_;
};

/// InvalidTimeStamp.Format, InvalidTimeStamp.Expired (more than 15 minutes off either way).
model::Outcome<UnixTime> check_signing_time(std::string_view text, UnixTime now);

}  // namespace kanmon::api
