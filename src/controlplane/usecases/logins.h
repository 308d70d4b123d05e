// Login questions of the data process, answered: which source, how often, what is asked next.
//
//     question ─> throttle ─> identity source ─> accepted ───────────────────────> answer
//                   │             │   └─────────> code_wanted ─> a state, "ask_code" ─> answer
//                   └─ locked     └─────────────> page ("open_page"), and later the last word
//
// A challenge's state stands for "the password was right a moment ago": of 128 random bits, good
// once, for five minutes, for the same server, user and certificate.
//
// Promises: never waits; a question that is asked again gets the same answer, not another attempt;
//           what is not a clear yes of the source is a no; an answer to a question of an earlier
//           data process reaches nobody.
// Threads:  any. Not called with the turn taken; inside, the turn is taken before the mutex.
// Limits:   `challenges_max` states, the oldest gives way; `remembered_max` answers; five wrong
//           attempts a user and fifty a network before the first pause. A right login forgives its
//           user's wrong ones; of a network's these alone, and one every half hour. These counts
//           are stored, under hashes, so that a restart forgives nobody.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "bridge/messages.h"
#include "controlplane/model/login_throttle.h"
#include "controlplane/usecases/identity_source.h"
#include "controlplane/usecases/latest.h"
#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

class Logins {
public:
    static constexpr Duration challenge_life = 300s;
    static constexpr std::size_t challenges_max = 4096;
    static constexpr std::size_t remembered_max = 1024;
    static constexpr std::size_t proofs_max = 16384;

    Logins(Ports& ports, IdentitySource& source) : ports_(ports), source_(source) {}

    /// A data process is on the bridge; of a new one no question is known.
    void hello(const bridge::DataHello& hello);
    void ask(std::uint64_t id, const bridge::LoginQuestion& question, Instant now, UnixTime wall);
    /// When a session that was accepted proved who its user is; once, and nothing for others.
    std::optional<UnixTime> take_proof(std::uint64_t session);

    /// Wrong attempts at a user, and how long the pause after them still lasts.
    struct Pause {
        std::uint32_t wrong = 0;
        Duration left{};
    };
    Pause pause_of(const model::IdaasUser& user, Instant now, UnixTime wall);
    /// Lifts it: the user may try again at once. InvalidIDaaSUserId.NotFound (404).
    Outcome<void> unlock(const Call& call, const std::string& user);

    struct Ready {
        std::uint64_t id = 0;
        bridge::LoginAnswer answer;
    };
    /// What is to be said to data now; `Gatekeeper::logins_ready` tells that there is something.
    std::vector<Ready> take_ready();

private:
    struct Open {
        std::string user_key, network_key;  // of the throttles
        std::string server, instance, username, common_name;
        std::uint64_t session = 0;
        Instant asked_at{};
        UnixTime wall{};
        UnixTime proven_at{};  // by this question, or by what it stands on: whichever is older
        bool throttled = false;
    };
    struct Challenge {
        std::string server, instance, username, common_name;
        Instant until{};
        UnixTime proven_at{};  // the password
    };
    struct Target {
        std::string instance;
        std::string application;
        bool code_always = false;
    };

    std::optional<Target> target_of(const std::string& server) const;
    void remember_failures(Instant now, UnixTime wall);
    std::string user_key(const std::string& instance, const std::string& name) const;
    void settle(const Open& open, model::LoginThrottle::Ending ending);
    std::string key_of(const char* kind, const std::string& what) const;
    void keep(const model::LoginThrottle& throttle, const std::string& key, const Open& open);
    std::optional<bridge::LoginAnswer> begin(Open& open, const bridge::LoginQuestion& question,
                                             Instant now);
    bool take_challenge(Open& open, const bridge::LoginQuestion& question, Instant now);
    void conclude(std::uint64_t process, std::uint64_t id, const IdentityAnswer& said);
    bridge::LoginAnswer translate(const Open& open, const IdentityAnswer& said);
    std::string new_challenge(const Open& open);
    void say(std::uint64_t id, const bridge::LoginAnswer& answer);

    Ports& ports_;
    IdentitySource& source_;
    mutable std::mutex mutex_;
    std::uint64_t process_ = 0;
    bool failures_known_ = false;         // those that an earlier process counted
    std::map<std::uint64_t, Open> open_;  // by question id
    std::map<std::uint64_t, bridge::LoginAnswer> answered_;
    Latest<std::string, Challenge> challenges_{challenges_max};  // by state
    Latest<std::uint64_t, UnixTime> proofs_{proofs_max};  // by session, of those not online yet
    std::vector<Ready> ready_;
    model::LoginThrottle users_{{}};
    model::LoginThrottle networks_{{.attempts = 50, .one_forgiven_each = 30min}};
};

}  // namespace kanmon::usecases
