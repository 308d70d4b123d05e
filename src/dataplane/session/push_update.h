// What a connected client has to be told so that it holds what the server wants now. Pure.
//
//   nothing        it holds all of it
//   PUSH_UPDATE    the client can be told all that differs: of routes, name servers, redirections
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

#include <cstdint>
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

/// What a client can be told while it is connected.
enum class Updates : std::uint8_t {
    none,
    without_name_servers,
    without_their_removal,  // other name servers, but not that there are none any more
    all
};

/// Who announced PUSH_UPDATE takes them. But 2.7 loses its `dns-updown` script with the name
/// servers that an update replaces (seen with 2.7.6), so that the system would ask the former ones
/// for ever. On Windows and Android there is no such script; what is removed stays there too (by
/// its source).
Updates updates_of(const wire::PeerInfo& peer);

Difference diff(const PushOptions& held, const PushOptions& wanted, Updates taken);

}  // namespace kanmon::session
