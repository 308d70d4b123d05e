#include "controlplane/usecases/audit_watch.h"

#include <fmt/core.h>

#include "controlplane/usecases/operator_events.h"

namespace kanmon::usecases {

namespace {

constexpr std::chrono::years told_once_for{100};

}  // namespace

std::vector<std::string> AuditWatch::check(UnixTime wall) {
    const std::lock_guard turn(ports_.turn);
    std::vector<std::string> wrong;
    const auto add = [&](std::string sentence, const std::string& mark) {
        tell(sentence, mark, wall);
        wrong.push_back(std::move(sentence));
    };
    if (const auto broken = ports_.books.broken_audit_row(); broken && *broken)
        add(fmt::format("Row {} of the audit log does not follow from the one before it: the log "
                        "was changed behind the gateway.",
                        **broken),
            fmt::format("audit/row/{}", **broken));
    const auto head = place_.read();
    if (!head) {
        add(head.error(), "audit/head/" + head.error());
        place_.put_aside();
        return wrong;
    }
    if (!*head) return wrong;
    const auto reaches = ports_.books.reaches(**head);
    if (reaches && !*reaches) {
        add(fmt::format("The audit log went as far as row {} when the gateway ran last, and that "
                        "row is not there any more as it was: the end of the log was cut off, or "
                        "an older store put in its place.",
                        (*head)->number),
            fmt::format("audit/end/{}/{}", (*head)->number, (*head)->link));
        place_.put_aside();
    }
    return wrong;
}

void AuditWatch::tell(const std::string& what, const std::string& mark, UnixTime wall) {
    tell_operator(
        ports_,
        {.kind = "AuditLogChanged", .message = what, .mark = mark, .told_once_for = told_once_for},
        wall);
}

Expected<void, std::string> AuditWatch::keep(Instant now) {
    if (now < next_) return {};
    next_ = now + write_every;
    return keep_last();
}

Expected<void, std::string> AuditWatch::keep_last() {
    Outcome<AuditHead> head = model::unavailable("The store gave no answer.");
    {
        const std::lock_guard turn(ports_.turn);
        head = ports_.books.audit_head();
    }
    if (!head) return unexpected(head.error().message);
    if (*head == written_) return {};
    if (const auto durable = ports_.books.settle(); !durable)
        return unexpected(durable.error().message);
    if (auto kept = place_.write(*head); !kept) return kept;
    written_ = *head;
    return {};
}

}  // namespace kanmon::usecases
