// Clients who logged in as a user, and whether they may still be there. Whatever takes the right
// away - the user switched off or deleted, the group left, the application changed - ends them at
// once.
#pragma once

#include <optional>

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

class Clients;

/// Empty: everybody of the identity source may.
bool is_assigned(Ledger& ledger, const model::IdaasApplicationId& application,
                 const model::IdaasUser& user);
/// Why this user may not use the server, or nothing: login_expired, login_unassigned. With
/// `proven_at` only a user who has not changed since then may.
std::optional<Cause> why_not(Ledger& ledger, const model::SslServer& server,
                             const std::string& username, std::optional<UnixTime> proven_at = {});

/// All but `watch` are called with the turn taken, after the change is stored.
class UserSessions {
public:
    UserSessions(Ports& ports, const Clients& clients) : ports_(ports), clients_(clients) {}

    /// Those of a user, whoever may still: the password is another one.
    void end_all_of(const model::IdaasUser& user);
    /// Those of the server, of all that ask the source, of whose user may not be there any more.
    void recheck(const model::SslServerId& server);
    void recheck(const model::IdaasInstance& instance);

    /// Those of the server, whoever may still: another source is asked from now on.
    void end_all_of(const model::SslServerId& server);

    /// A client that appears although its user may not be there any more, or has changed since it
    /// proved who it is, is told to go: it was let in a moment before. `proven_at`: nothing when
    /// that was looked at already.
    void watch(const bridge::ClientFact& fact, std::optional<UnixTime> proven_at);

private:
    void recheck(Ledger& ledger, const model::SslServer& server);
    void end(std::uint64_t session, const model::SslServerId& server, Cause cause);

    Ports& ports_;
    const Clients& clients_;
};

/// SSL servers that ask this source.
std::vector<model::SslServer> servers_of(Ledger& ledger, const model::IdaasInstance& instance);

}  // namespace kanmon::usecases
