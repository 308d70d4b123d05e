// Many clients in one thread: started at a rate, driven by one epoll, told to leave together.
//
// Owner:  a mode. Its watcher hears of everything from within `turn`, `let_leave` and `start`.
// Limits: one descriptor and one local port a client.
#pragma once

#include <queue>

#include "base/random.h"
#include "dataplane/io/event_poll.h"
#include "swarm/member.h"
#include "swarm/tally.h"

namespace kanmon::swarm {

/// Who they are and where they go. Members take identities and sources in turn.
struct CrowdPlan {
    std::uint32_t clients = 1;
    double per_second = 0;  // 0: all at once
    std::vector<client::ClientSettings> identities;
    std::vector<LinkAddresses> places;  // of the identity with the same index
    std::vector<Ipv6> sources;          // IPv4 mapped; empty: the kernel's choice
    std::size_t burst = io::SendBatch::segments_max;
};

class Crowd final : private CrowdWatcher {
public:
    static constexpr Duration turn_max = 100ms;  // a turn sleeps no longer

    /// `watcher` hears of connects, ends and inner packets after the tally was kept.
    Crowd(CrowdPlan plan, CrowdWatcher& watcher);
    ~Crowd();

    /// Starts who is due, waits for something to happen, and lets it happen. A mode that has work
    /// of its own by then gives less than `turn_max`.
    void turn(Duration wait = turn_max);
    /// Tells the next so many to leave; nobody is started any more. False when all were told.
    bool let_leave(std::uint32_t count);
    bool everybody_started() const { return started_ == plan_.clients; }
    /// Connected, or failed.
    bool everybody_settled() const { return tally_.settled() == plan_.clients; }
    bool nobody_left() const { return everybody_started() && present_ == 0; }
    /// Nobody else is started.
    void stop_starting() { plan_.clients = started_; }

    std::uint32_t present() const { return present_; }
    Member* member(std::uint32_t index) { return members_[index].get(); }
    const Tally& tally() const { return tally_; }
    Tally& tally() { return tally_; }
    Instant now() const { return now_; }
    const LinkRooms& rooms() const { return rooms_; }

    /// A descriptor of the mode's own, told by `own_ready` while it is watched.
    void watch_own(int fd, bool watched);
    bool own_ready() const { return own_ready_; }

private:
    void connected(Member& member, const client::Pushed& pushed) override;
    void renegotiated(Member& member) override;
    void over(Member& member, bool left, const std::string& reason) override;
    void inner(Member& member, MutableBytes packet) override { watcher_.inner(member, packet); }
    void received(Member& member) override { watcher_.received(member); }

    struct Alarm {
        Instant at;
        std::uint32_t index;
        friend bool operator<(const Alarm& left, const Alarm& right) { return left.at > right.at; }
    };

    void start_who_is_due();
    void start();
    void touch(Member& member);
    void bury();
    void ring();
    int milliseconds_to_sleep(Duration wait) const;
    Instant due(std::uint32_t index) const;

    CrowdPlan plan_;
    CrowdWatcher& watcher_;
    SystemRandom random_;
    LinkRooms rooms_;
    io::EventPoll poll_;
    std::vector<std::unique_ptr<Member>> members_;
    std::vector<std::uint32_t> watched_;  // events, by member
    std::vector<Instant> armed_;          // by member
    std::priority_queue<Alarm> alarms_;
    std::vector<std::uint32_t> dead_;  // to be buried when the turn is over
    std::uint32_t started_ = 0, present_ = 0;
    std::uint32_t told_ = 0;  // to leave
    Instant began_{}, now_{};
    bool own_ready_ = false;
    bool leaving_ = false;
    Tally tally_;
};

}  // namespace kanmon::swarm
