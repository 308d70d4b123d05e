// What is wrong with the clients of an SSL server, for whom, how we know and what to do. Pure.
//
// Promises: no finding without evidence, and none for who is fine: whoever was refused and has
//           connected since, or has a little loss, is. False alarms are defects.
// Limits:   `ServerEvidence`'s own; of one client at most one finding of each code.
// Source:   docs/findings.md; the codes are the rows of the FAQ.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "bridge/messages.h"
#include "controlplane/model/client_connection.h"
#include "controlplane/model/recent_path.h"

namespace kanmon::model {

enum class Confidence : std::uint8_t { certain, likely, possible };
std::string_view confidence_text(Confidence confidence);

struct Finding {
    std::string code;  // "CERT-STALE"
    SslServerId server;
    std::string subject;     // a client, by its certificate or user: hostile; empty: the server
    std::string cause = {};  // a code of docs/causes.md, where records tell
    Confidence confidence = Confidence::certain;
    std::vector<std::string> evidence = {};  // sentences; what peers said is escaped
    std::string fix = {};                    // a sentence
    std::string action = {};                 // of the API, which does it; empty: nobody here can
    UnixTime first{}, last{};                // of what is told
    friend bool operator==(const Finding&, const Finding&) = default;
};

/// What to do about it, by its cause or its code. Nothing is said where no general word helps.
void give_fix(Finding& finding);

/// How far back is looked: for refusals, and for connections that break.
inline constexpr std::chrono::hours refusals_looked_at{24};
inline constexpr std::chrono::hours breaks_looked_at{1};

struct LiveClient {
    ClientConnection now;
    RecentPath lately;  // a path is judged by its last minutes, not by its best or worst ones
};

/// What is known of one server.
struct ServerEvidence {
    SslServerId id;
    std::string revision;                  // of the bundles that its settings make
    std::uint32_t connections_max = 0;     // of its gateway
    std::uint32_t slots_used = 0;          // of its gateway: online and held
    std::vector<LiveClient> clients = {};  // online
    /// `refused`, `connected` and `ended`, of the last day, in the order of their times.
    std::vector<bridge::AttemptRecord> records = {};
    /// From here on every `connected` is among them; refusals before it are not judged.
    UnixTime complete_from = UnixTime::min();
};

std::vector<Finding> findings_of(const ServerEvidence& server, UnixTime now);

/// The two halves of it: what live clients show, and what records tell.
std::vector<Finding> findings_of_clients(const ServerEvidence& server, UnixTime now);
std::vector<Finding> findings_of_records(const ServerEvidence& server, UnixTime now);

}  // namespace kanmon::model
