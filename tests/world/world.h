// One world: a gateway, a hundred laptops and the bad network between them, in virtual time.
//
// Promises: the same seed is the same world on every machine; a broken invariant throws `Broken`.
// Everybody lives for `setup.life`, then leaves; at the end
//           the gateway must hold nothing.
#pragma once

#include <array>
#include <map>
#include <set>
#include <unordered_set>

#include "world/gateway.h"
#include "world/key_ring.h"
#include "world/laptop.h"

namespace kanmon::world {

struct Summary {
    std::uint64_t connects = 0, renegotiations = 0, floats = 0, refusals = 0, endings = 0;
    std::uint64_t sent = 0, echoed = 0, datagrams = 0, updates = 0;
    std::size_t half_open_peak = 0;
    std::uint32_t never_connected = 0;
    std::string text() const;
};

class World final : public Outside, public LaptopWorld {
public:
    explicit World(const Setup& setup);
    ~World() override;

    /// Runs to the end. Throws Broken.
    Summary run();
    Instant now() const { return agenda_.now(); }

private:
    void to_client(const Endpoint& remote, Bytes datagram) override;
    void to_vpc(Bytes inner_packet) override;

    void send(std::uint32_t laptop, Buffer datagram) override;
    void moved(std::uint32_t laptop, const Endpoint& endpoint) override;
    void took_session(std::uint32_t laptop, const wire::SessionId& id) override;
    void connected(std::uint32_t laptop, const client::Pushed& pushed) override;
    void heard(std::uint32_t laptop, Bytes inner_packet) override;
    std::uint64_t next_number() override { return next_number_++; }

    void carry(const Endpoint& from, Buffer datagram);
    void intrude(const Endpoint& from, const Buffer& datagram);
    void flood();
    void answer_stranger(const Endpoint& stranger, Bytes datagram);
    void squat(const Endpoint& stranger, const wire::ControlPacket& answer);
    Buffer sealed_by_stranger(const Endpoint& stranger, const wire::ControlPacket& packet);
    void crash();
    void change_networks();
    void check_networks(unsigned change);
    void restart_in_a_storm();
    void check_owner(std::uint32_t laptop, Bytes datagram);
    void check_end();
    Duration travel();
    void start_gateway();

    Setup setup_;
    Agenda agenda_;
    Chance chance_;
    Control control_;
    LeaseModel model_;
    KeyRing keys_;
    std::shared_ptr<const crypto::TlsFactory> server_tls_;
    std::shared_ptr<Gateway> gateway_;
    std::vector<std::unique_ptr<Laptop>> laptops_;
    std::map<Endpoint, std::uint32_t> whose_;  // endpoints are never handed on
    std::map<std::array<std::byte, 8>, std::uint32_t> client_sessions_, server_sessions_;
    std::map<std::array<std::byte, 8>, std::set<std::uint32_t>> answered_;
    std::set<Endpoint> squatters_;
    std::unordered_set<std::uint64_t> delivered_;
    std::uint64_t next_number_ = 1;
    Instant start_{};
    unsigned changes_ = 0;
    std::uint32_t networks_made_ = 0;
    Summary summary_;
};

}  // namespace kanmon::world
