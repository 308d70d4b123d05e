// One client of the crowd: its engine and its link.
//
// Owner: the Crowd. Not for two threads.
#pragma once

#include "client/client_engine.h"
#include "swarm/link.h"

namespace kanmon::swarm {

class Member;

/// Hears what becomes of the members.
class CrowdWatcher {
public:
    virtual void connected(Member& member, const client::Pushed& pushed) = 0;
    virtual void renegotiated(Member&) {}
    /// The last word; `reason` is fit to be shown.
    virtual void over(Member& member, bool left, const std::string& reason) = 0;
    /// A packet out of the tunnel; lies in a room of the link until this returns.
    virtual void inner(Member&, MutableBytes) {}
    /// A member of whom something arrived: all of it was given to `inner`.
    virtual void received(Member&) {}

protected:
    ~CrowdWatcher() = default;
};

class Member final : private PacketTaker {
public:
    Member(std::uint32_t index, client::ClientSettings settings, Random& random,
           std::unique_ptr<Link> link, CrowdWatcher& watcher, Instant now);

    std::uint32_t index() const { return index_; }
    Instant started() const { return started_; }
    bool is_connected() const { return engine_.connected(); }
    bool is_over() const { return over_; }
    const client::ClientEngine& engine() const { return engine_; }
    Link& link() { return *link_; }

    void ready(std::uint32_t events, Instant now);
    void reach(Instant now);
    void leave(Instant now);
    std::optional<Instant> next_deadline() const { return engine_.next_deadline(); }

    /// Room for a tunnelled packet of so many octets; behind it lies what sealing needs.
    MutableBytes packet_room(std::size_t octets);
    /// Sends the first octets of the last `packet_room`. False while there is no tunnel.
    bool send(std::size_t octets, Instant now);

private:
    void take(MutableBytes packet) override;
    void settle(Instant now);
    void end(bool left, const std::string& reason);
    void take_event(const client::ClientEvent& event);

    const std::uint32_t index_;
    const Instant started_;
    CrowdWatcher& watcher_;
    std::unique_ptr<Link> link_;
    client::ClientEngine engine_;
    Instant now_{};
    MutableBytes room_;
    bool leaving_ = false;
    bool over_ = false;
};

}  // namespace kanmon::swarm
