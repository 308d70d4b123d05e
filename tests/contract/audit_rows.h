// The newest audit rows, for tests.
#pragma once

#include "controlplane/usecases/books.h"

namespace kanmon::usecases {

/// At most `count`, of all accounts when none is named; none when the store is away.
inline std::vector<AuditRow> audit_rows(Books& books, std::uint32_t count,
                                        const model::AccountId& account = {}) {
    AuditQuery query;
    query.account = account;
    query.page = {.number = 1, .size = count};
    const auto page = books.audit(query);
    return page ? page->items : std::vector<AuditRow>();
}

}  // namespace kanmon::usecases
