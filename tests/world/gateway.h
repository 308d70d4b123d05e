// A whole gateway of one data process: the real shards and the real gate, a double of control.
//
// Control keeps leases durably and says yes after a while; its memory (`Control`) survives a crash
// of the data process, everything else here does not. Datagrams are steered to shards as the
// product's socket filter does it. TLS work is done inline, its result arrives a little later.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "dataplane/io/gate.h"
#include "dataplane/io/login_desk.h"
#include "dataplane/io/owner_table.h"
#include "dataplane/shard/shard.h"
#include "world/agenda.h"
#include "world/chance.h"
#include "world/lease_model.h"

namespace kanmon::world {

using LeaseKey = std::pair<std::string, Ipv4>;

/// What control remembers through everything.
struct Control {
    std::map<LeaseKey, bridge::Lease> durable;
    bool away = false;
    std::vector<bridge::Lease> leases() const;
};

/// Where a gateway's packets go.
class Outside {
public:
    virtual ~Outside() = default;
    virtual void to_client(const Endpoint& remote, Bytes datagram) = 0;
    virtual void to_vpc(Bytes inner_packet) = 0;
};

class Gateway final : public io::GateOutlet,
                      public io::LoginOutlet,
                      public std::enable_shared_from_this<Gateway> {
public:
    struct Surroundings {
        Agenda& agenda;
        Chance& chance;
        const Setup& setup;
        Control& control;
        LeaseModel& model;
        Outside& outside;
        std::shared_ptr<const crypto::TlsFactory> tls;
    };

    explicit Gateway(Surroundings surroundings);
    ~Gateway() override;
    void start();

    void receive(const Endpoint& from, MutableBytes datagram);
    void from_vpc(Ipv4 to, MutableBytes packet);
    /// The servers of the setup have changed.
    void reconfigure();
    void dismiss_all(Cause cause) { gate_.dismiss_all(cause); }
    void control_lost();
    void control_back();

    std::size_t clients() const;
    std::size_t half_open() const;
    std::uint64_t drops(Cause cause) const;

private:
    class Port;  // one shard's outlet
    std::shared_ptr<const session::ServerProfile> make_profile() const;
    bridge::Snapshot make_snapshot();

    void answer(std::uint32_t shard, shard::AdmissionAnswer answer) override;
    void disconnect(std::uint32_t shard, std::uint64_t session, Cause cause) override;
    void tell_control(bridge::Message message) override;
    void reply(std::uint32_t shard, shard::LoginReply reply) override;
    void own(const bridge::Lease&, const std::optional<Endpoint>& remote,
             std::optional<std::uint32_t> shard) override {
        if (!remote) return;
        if (shard)
            remotes_.set(*remote, *shard);
        else
            remotes_.clear(*remote);
    }

    void ask(std::uint32_t shard, const shard::AdmissionQuestion& question);
    void ask_login(std::uint32_t shard, shard::LoginQuestion question);
    void left(std::uint64_t session, Cause cause);
    void work(std::uint32_t shard, shard::TlsJob job);
    void control_takes(const bridge::Message& message);
    void later(Duration wait, std::function<void(Gateway&)> deed);
    void arm();
    void reach();
    shard::Shard& shard_for(const Endpoint& from, Bytes datagram);
    UnixTime wall() const;

    Surroundings s_;
    std::vector<std::unique_ptr<Port>> ports_;
    std::vector<std::unique_ptr<SeededRandom>> randoms_;
    std::vector<std::unique_ptr<shard::Shard>> shards_;
    io::RemoteOwners remotes_;
    io::Gate gate_;
    io::LoginDesk logins_;
    std::set<std::uint64_t> proven_;  // sessions of whose user control said yes
    const shard::AdmissionQuestion* asking_ = nullptr;
    std::uint64_t snapshots_ = 0;
    std::uint32_t link_ = 0;  // counts connections to control
    std::optional<Instant> armed_;
    unsigned reached_at_once_ = 0;
};

}  // namespace kanmon::world
