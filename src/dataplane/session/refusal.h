// The words by which a client is refused or sent away: what its own window shows. Pure.
//
//   permanent                    AUTH_FAILED,<why>
//   temporary, client knows TEMP AUTH_FAILED,TEMP[backoff 10,advance no]:<why>
//                                advance: to the next remote (or address of it) where the cause
//                                is this gateway's own trouble; `no` where it is the same anywhere
//   login no longer good         AUTH_FAILED,SESSION: <why>: the client asks its person again
//   temporary, older client      RESTART,<why>, some seconds later: it takes AUTH_FAILED as final
//   and
//                                would stop, but comes back after a RESTART
//
// Source: wire reference, sections 22 and 25; CONN-LIMIT and CERT-EXPIRED of the FAQ.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "bridge/causes.h"
#include "dataplane/crypto/tls.h"
#include "dataplane/session/timers.h"
#include "dataplane/wire/peer_info.h"

namespace kanmon::session {

struct Farewell {
    std::string message;  // one control message, without its NUL
    Duration delay{};     // before it is sent
    friend bool operator==(const Farewell&, const Farewell&) = default;
};

/// Why, in one sentence for people. Of a certificate it names the date. `detail` may be hostile.
std::string reason_text(Cause cause, std::string_view detail,
                        const std::optional<crypto::PeerCertificate>& certificate);

struct Retry {
    std::chrono::seconds wait = backoff;
    bool several_remotes = false;  // the bundle names more than one
};

/// Certificate causes are always permanent here: time alone does not help the person who reads
/// this.
Farewell refusal(Cause cause, std::string_view reason, const wire::PeerInfo& peer,
                 const Retry& retry = {});

/// For a client that is connected. RESTART when it may come back, AUTH_FAILED when it must not,
/// HALT when nothing is wrong but it shall not come back by itself. Nothing for a session that a
/// newer one of the same client replaced: were it told, a second program with the same certificate
/// would come back at once and replace that one. EXIT is never said: openvpn3 does not hear it.
std::string dismissal(Cause cause, std::string_view reason);

}  // namespace kanmon::session
