#include "controlplane/api/nonce_book.h"

#include <fmt/core.h>

#include "base/escape.h"
#include "controlplane/api/digest.h"
#include "controlplane/api/timestamp.h"

namespace kanmon::api {

model::Outcome<void> NonceBook::use(const std::string& access_key, const std::string& nonce,
                                    UnixTime signed_at, UnixTime now) {
    if (nonce.empty() || nonce.size() > nonce_octets_max)
        return model::refuse("InvalidParameter",
                             fmt::format("The nonce must have 1 to {} octets.", nonce_octets_max));
    const Mark mark = sha256(access_key + '\n' + nonce);
    const std::lock_guard guard(lock_);
    forget_before(now);
    if (marks_.contains(mark))
        return model::refuse("SignatureNonceUsed",
                             "This nonce was used before; each request needs a new one.");
    const auto used = of_key_.find(access_key);
    if (marks_.size() >= all_max_ || (used != of_key_.end() && used->second >= key_max_))
        return model::throttled(
            "Throttling.User",
            "Too many requests within the last 15 minutes; try again a minute later.",
            std::chrono::minutes(1));
    marks_.insert(mark);
    by_end_.insert({signed_at + clock_skew_max, mark, access_key});
    ++of_key_[access_key];
    return {};
}

std::size_t NonceBook::size() const {
    const std::lock_guard guard(lock_);
    return marks_.size();
}

void NonceBook::forget_before(UnixTime now) {
    while (!by_end_.empty() && by_end_.begin()->until < now) {
        const Entry& entry = *by_end_.begin();
        marks_.erase(entry.mark);
        const auto used = of_key_.find(entry.access_key);
        if (--used->second == 0) of_key_.erase(used);
        by_end_.erase(by_end_.begin());
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
