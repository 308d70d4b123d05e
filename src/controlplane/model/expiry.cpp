#include "controlplane/model/expiry.h"

namespace kanmon::model {

namespace {

constexpr std::chrono::seconds still_valid{1};  // a certificate is good in its last second too

/// The first second in which a warning is due.
UnixTime due_at(UnixTime not_after, std::chrono::days before) {
    return before.count() == 0 ? not_after + still_valid : not_after - before;
}

}  // namespace

std::optional<std::chrono::days> expiry_warning(UnixTime not_after, UnixTime now) {
    std::optional<std::chrono::days> nearest;
    for (const std::chrono::days before : expiry_warnings)
        if (now >= due_at(not_after, before)) nearest = before;
    return nearest;
}

std::optional<UnixTime> next_expiry_warning(UnixTime not_after, UnixTime now) {
    for (const std::chrono::days before : expiry_warnings)
        if (const UnixTime due = due_at(not_after, before); due > now) return due;
    return std::nullopt;
}

}  // namespace kanmon::model
