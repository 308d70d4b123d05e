// One laptop and its user: connects, works, renegotiates, roams, restarts, leaves, dies, returns.
#pragma once

#include <memory>
#include <string>

#include "client/client_engine.h"
#include "world/agenda.h"
#include "world/chance.h"
#include "world/nonce_audit.h"
#include "world/setup.h"

namespace kanmon::world {

/// What a laptop needs from the world around it.
class LaptopWorld {
public:
    virtual ~LaptopWorld() = default;
    virtual void send(std::uint32_t laptop, Buffer datagram) = 0;
    virtual void moved(std::uint32_t laptop, const Endpoint& endpoint) = 0;
    virtual void took_session(std::uint32_t laptop, const wire::SessionId& id) = 0;
    virtual void connected(std::uint32_t laptop, const client::Pushed& pushed) = 0;
    virtual void heard(std::uint32_t laptop, Bytes inner_packet) = 0;
    virtual std::uint64_t next_number() = 0;
};

struct LaptopCounts {
    std::uint64_t connects = 0, renegotiations = 0, floats = 0, refusals = 0, endings = 0, sent = 0;
    std::uint64_t updates = 0;
    std::uint64_t lost_connections = 0;  // ended while connected, although nobody wanted it
    std::string last_loss;
};

class Laptop {
public:
    static constexpr Duration restarts_sent_within = 2s;      // of a change
    static constexpr Duration silence_after_a_restart = 75s;  // ping-restart, and their spread

    struct Person {
        std::uint32_t index = 0;
        std::string common_name;
        const client::Personality* personality = nullptr;
        std::shared_ptr<const crypto::TlsFactory> tls;
        client::ClientWrapping wrapping;
        std::int32_t clock_behind = 0;  // seconds
    };

    Laptop(Person person, const Setup& setup, Agenda& agenda, std::uint64_t seed,
           LaptopWorld& world);

    /// Connects after a while.
    void wake(Duration wait);
    /// Leaves for good, now.
    void retire();
    void receive(Buffer datagram);

    const Endpoint& endpoint() const { return endpoint_; }
    const std::string& common_name() const { return person_.common_name; }
    const LaptopCounts& counts() const { return counts_; }
    /// It was sent away because the server's settings changed, and is not back yet.
    bool is_on_its_way_back() const { return sent_away_; }
    /// From then on it can be expected to know of every change. A client that moved is silent until
    /// it pings; a RESTART that it missed meanwhile ended its session without its knowledge.
    Instant reachable_from() const;
    bool is_connected() const { return engine_ && engine_->connected(); }
    const client::ClientEngine* engine() const { return engine_.get(); }

private:
    void connect();
    void disappear();
    void after_touch();
    void take(const client::ClientEvent& event);
    void end(const client::Over& over);
    void plan_fate();
    void meet_fate();
    void roam();
    void work();
    void arm();
    std::uint32_t unix_seconds() const;
    void later(Duration wait, void (Laptop::*deed)());

    Person person_;
    const Setup& setup_;
    Agenda& agenda_;
    Chance chance_;
    SeededRandom random_;
    LaptopWorld& world_;
    Endpoint endpoint_;
    std::uint16_t moves_ = 0;
    Instant settled_at_{};
    std::unique_ptr<client::ClientEngine> engine_;
    NonceAudit audit_;
    std::uint64_t life_ = 0;  // counts engines: plans of an earlier one are void
    bool retired_ = false;
    bool sent_away_ = false;
    std::optional<Instant> armed_;
    unsigned reached_at_once_ = 0;
    LaptopCounts counts_;
};

}  // namespace kanmon::world
