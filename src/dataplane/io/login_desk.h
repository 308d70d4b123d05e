// Login questions on their way from shards to control, and control's answers on their way back.
//
// Promises: a question is asked of control once for each connection to it, always under the same
//           id, so that control's own death costs nobody a login; its answers go to the session
//           that asked. Nothing here decides: no answer is never a yes.
// Owner:    the keeper's thread; all times are arguments.
// Limits:   `questions_max` questions, each kept until its last answer or for `kept_at_most`.
#pragma once

#include <map>
#include <optional>

#include "base/time.h"
#include "bridge/messages.h"
#include "dataplane/shard/shard.h"

namespace kanmon::io {

class LoginOutlet {
public:
    virtual ~LoginOutlet() = default;
    virtual void reply(std::uint32_t shard, shard::LoginReply reply) = 0;
    /// Dropped without a word while control is away.
    virtual void tell_control(bridge::Message message) = 0;
};

class LoginDesk {
public:
    static constexpr std::size_t questions_max = 4096;
    /// Without control for this long: login_unavailable, and the client comes back later.
    static constexpr Duration control_patience = 30s;
    /// Longer than a session waits for a login.
    static constexpr Duration kept_at_most = 330s;

    explicit LoginDesk(LoginOutlet& outlet) : outlet_(outlet) {}

    void ask(std::uint32_t shard, shard::LoginQuestion question, Instant now);
    /// Of an unknown id, or to a session that has asked anew since: ignored.
    void take(std::uint64_t id, const bridge::LoginAnswer& answer);

    void control_connected();
    void control_lost(Instant now);
    void reach(Instant now);
    std::optional<Instant> next_deadline() const;
    std::size_t size() const { return open_.size(); }

private:
    struct Open {
        std::uint32_t shard = 0;
        shard::LoginQuestion question;
        Instant asked_at{};
    };

    void refuse(const Open& open);

    LoginOutlet& outlet_;
    std::map<std::uint64_t, Open> open_;  // by id, which is by age too
    std::uint64_t next_id_ = 1;
    std::optional<Instant> lost_at_ = Instant{};  // nothing while control is connected
};

}  // namespace kanmon::io
