// What a connected client has to be told so that it holds what the server wants now. Pure.
//
//   nothing        it holds all of it
//   PUSH_UPDATE    the client announced it, and only routes, name servers and redirections differ
//   come again     anything else: RESTART with a reason, and the next PUSH_REPLY has it all
//
// How clients read an update (2.7 and openvpn3): a kind of option (its first word) that stands in
// it replaces all that they hold of that kind, "-kind" removes them; continuations count as one
// update; an option that they cannot update ends the connection. 2.7 forgets redirect-gateway when
// it replaces routes, so that is said again behind them.
// Keep-alive timers are not compared: no client takes them in an update, and neither side needs the
// other's to be new. The session goes on with those its client holds.
// Source: OpenVPN, doc/management-notes.txt, "push-update-broad"; wire reference, section 22.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "dataplane/session/push.h"

namespace kanmon::session {

struct Unchanged {
    friend bool operator==(const Unchanged&, const Unchanged&) = default;
};
struct Update {
    std::vector<std::string> messages;  // whole control messages
    friend bool operator==(const Update&, const Update&) = default;
};
struct ComeAgain {
    std::string what;  // for people: "local networks, name servers"
    friend bool operator==(const ComeAgain&, const ComeAgain&) = default;
};
using Difference = std::variant<Unchanged, Update, ComeAgain>;

/// `takes_updates`: the client announced PUSH_UPDATE.
Difference diff(const PushOptions& held, const PushOptions& wanted, bool takes_updates);

}  // namespace kanmon::session
