#include "controlplane/api/nonce_book.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/escape.h"
#include "controlplane/api/digest.h"
#include "controlplane/api/timestamp.h"

namespace kanmon::api {

namespace {

constexpr std::size_t places_least = 64;

}  // namespace

bool NumberSet::contains(std::uint64_t number) const {
    return !places_.empty() && places_[place_of(number)] == number;
}

void NumberSet::insert(std::uint64_t number) {
    assert(number != 0);
    if (places_.size() * 7 <= size_ * 8) {
        const auto before = std::exchange(
            places_, std::vector<std::uint64_t>(std::max(places_.size() / 4 * 5, places_least)));
        for (const std::uint64_t one : before)
            if (one != 0) places_[place_of(one)] = one;
    }
    std::uint64_t& place = places_[place_of(number)];
    if (place == 0) ++size_;
    place = number;
}

/// Where it is, or the free place where it belongs: there always is one. The numbers are hashes, so
/// that their highest bits spread them over any number of places.
std::size_t NumberSet::place_of(std::uint64_t number) const {
    __extension__ using Wide = unsigned __int128;
    auto place = static_cast<std::size_t>(Wide{number} * places_.size() >> 64);
    while (places_[place] != 0 && places_[place] != number)
        place = place + 1 == places_.size() ? 0 : place + 1;
    return place;
}

std::uint64_t NonceBook::mark_of(const std::string& access_key, const std::string& nonce) const {
    const auto hash = sha256(as_text(hash_key_.view()) + access_key + '\n' + nonce);
    return std::max<std::uint64_t>(ByteReader(hash).u64(), 1);
}

bool NonceBook::is_used(std::uint64_t mark) const {
    return std::ranges::any_of(pages_,
                               [&](const auto& page) { return page.second.marks.contains(mark); });
}

model::Outcome<void> NonceBook::use(const std::string& access_key, const std::string& nonce,
                                    UnixTime signed_at, UnixTime now) {
    if (nonce.empty() || nonce.size() > nonce_octets_max)
        return model::refuse("InvalidParameter",
                             fmt::format("The nonce must have 1 to {} octets.", nonce_octets_max));
    const std::uint64_t mark = mark_of(access_key, nonce);
    const std::lock_guard guard(lock_);
    forget_before(now);
    if (is_used(mark)) return model::signature_used();
    std::size_t& used = of_key_[access_key];
    if (size_ >= all_max_ || used >= key_max_)
        return model::throttled(
            "Throttling.User",
            "Too many requests within the last 15 minutes; try again a minute later.",
            std::chrono::minutes(1));
    Page& page = pages_[std::chrono::floor<std::chrono::minutes>(signed_at)];
    page.marks.insert(mark);
    ++page.of_key[access_key];
    ++used;
    ++size_;
    return {};
}

std::size_t NonceBook::size() const {
    const std::lock_guard guard(lock_);
    return size_;
}

void NonceBook::forget_before(UnixTime now) {
    while (!pages_.empty()) {
        const auto first = pages_.begin();
        const UnixTime last_second = first->first + std::chrono::minutes(1) - 1s;
        if (last_second + clock_skew_max >= now) return;
        size_ -= first->second.marks.size();
        for (const auto& [access_key, count] : first->second.of_key) {
            const auto used = of_key_.find(access_key);
            used->second -= count;
            if (used->second == 0) of_key_.erase(used);
        }
        pages_.erase(first);
    }
}

model::Outcome<UnixTime> check_signing_time(std::string_view text, UnixTime now) {
    const auto time = parse_timestamp(text);
    if (!time)
        return model::refuse(
            "InvalidTimeStamp.Format",
            fmt::format("The request's time '{}' is not written like 2026-01-31T08:00:00Z.",
                        escaped(text, 64)));
    if (*time < now - clock_skew_max || *time > now + clock_skew_max)
        return model::refuse(
            "InvalidTimeStamp.Expired",
            fmt::format("The request was signed at {}, and here it is {}: more than 15 minutes "
                        "apart. Set the clock.",
                        timestamp_text(*time), timestamp_text(now)));
    return *time;
}

}  // namespace kanmon::api
