#include "controlplane/usecases/operator_events.h"

namespace kanmon::usecases {

void tell_operator(Ports& ports, const OperatorEvent& event, UnixTime wall) {
    std::vector<EventWrite> events;
    static_cast<void>(ports.books.look([&](Ledger& ledger) {
        for (const model::Account& account : ledger.accounts().all())
            if (account.role == model::Role::root)
                events.push_back({.event = {.number = 0,
                                            .account = account.id,
                                            .at = wall,
                                            .kind = event.kind,
                                            .resource = account.id.text,
                                            .server = {},
                                            .message = event.message},
                                  .mark = event.mark,
                                  .mark_kept_until = wall + event.told_once_for});
    }));
    if (!events.empty()) static_cast<void>(ports.books.append_events(events, wall));
}

}  // namespace kanmon::usecases
