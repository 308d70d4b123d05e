// Which shard owns what arrived elsewhere: read by every shard, written by the keeper alone.
//
// Promises: a look-up is a few loads, no lock. A stale answer only costs a packet: the shard that
//           gets it knows better and drops it.
// Owner:    the keeper writes; any shard reads.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <optional>

#include "base/address.h"
#include "bridge/snapshot.h"
#include "dataplane/io/steering_table.h"

namespace kanmon::io {

/// Tunnel address -> shard, for one server. One octet an address.
class TunnelOwners {
public:
    static constexpr std::uint64_t addresses_max = std::uint64_t{1} << 20;

    explicit TunnelOwners(const Cidr& pool, const std::optional<Cidr6>& pool6 = {})
        : pool_(pool),
          pool6_(pool6),
          mask_(static_cast<std::uint32_t>(std::min(pool.size(), addresses_max) - 1)),
          owners_(std::make_unique<std::atomic<std::uint8_t>[]>(std::size_t{mask_} + 1)) {}

    void set(Ipv4 address, std::uint32_t shard) { store(address, octet_of(shard)); }
    void clear(Ipv4 address) { store(address, 0); }
    /// The kernel's table, none if null, holds the same from now on.
    void steer_by(std::shared_ptr<SteeringTable> table) {
        steering_ = std::move(table);
        if (!steering_) return;
        steering_->forget_all();
        for (std::uint32_t i = 0; i <= mask_; ++i)
            if (const std::uint8_t octet = owners_[i].load())
                steer(Ipv4{pool_.base.value + i}, octet);
    }
    std::optional<std::uint32_t> find(Ipv4 address) const {
        const std::uint8_t owner = at(address).load(std::memory_order_relaxed);
        if (owner == 0) return std::nullopt;
        return owner - 1u;
    }
    /// By an IPv6 tunnel address, which follows from the IPv4 one.
    std::optional<std::uint32_t> find(const Ipv6& address) const {
        if (!pool6_) return std::nullopt;
        const auto address4 = bridge::tunnel_address4(pool_, *pool6_, address);
        return address4 ? find(*address4) : std::nullopt;
    }

private:
    static std::uint8_t octet_of(std::uint32_t shard) {
        return static_cast<std::uint8_t>(shard + 1);
    }
    std::atomic<std::uint8_t>& at(Ipv4 address) const { return owners_[address.value & mask_]; }
    void store(Ipv4 address, std::uint8_t octet) {
        at(address).store(octet);
        if (steering_) steer(address, octet);
    }
    void steer(Ipv4 address, std::uint8_t octet) {
        steering_->set(address, octet);
        if (pool6_) steering_->set(bridge::tunnel_address6(pool_, *pool6_, address), octet);
    }

    const Cidr pool_;
    const std::optional<Cidr6> pool6_;
    // Larger pools than the table share its places: addresses are given from the lowest up.
    const std::uint32_t mask_;
    const std::unique_ptr<std::atomic<std::uint8_t>[]> owners_;
    std::shared_ptr<SteeringTable> steering_;  // the keeper's alone
};

/// Remote endpoint -> shard, for clients whose data packets name nobody (P_DATA_V1).
class RemoteOwners {
public:
    void set(const Endpoint& remote, std::uint32_t shard) {
        const std::uint64_t key = key_of(remote);
        std::atomic<std::uint64_t>* room = nullptr;
        for (std::size_t step = 0; step < probes; ++step) {
            std::atomic<std::uint64_t>& place = at(key, step);
            const std::uint64_t present = place.load(std::memory_order_relaxed);
            if (present >> 8 == key >> 8) room = &place;
            if (present >> 8 == key >> 8) break;
            if (present == 0 && room == nullptr) room = &place;
        }
        if (room != nullptr) room->store((key & ~std::uint64_t{0xff}) | (shard + 1));
    }

    void clear(const Endpoint& remote) {
        const std::uint64_t key = key_of(remote);
        for (std::size_t step = 0; step < probes; ++step)
            if (at(key, step).load(std::memory_order_relaxed) >> 8 == key >> 8)
                at(key, step).store(0);
    }

    std::optional<std::uint32_t> find(const Endpoint& remote) const {
        const std::uint64_t key = key_of(remote);
        for (std::size_t step = 0; step < probes; ++step) {
            const std::uint64_t present = at(key, step).load(std::memory_order_relaxed);
            if (present != 0 && present >> 8 == key >> 8)
                return static_cast<std::uint32_t>(present & 0xff) - 1;
        }
        return std::nullopt;
    }

private:
    static constexpr std::size_t places = std::size_t{1} << 16;
    static constexpr std::size_t probes = 16;

    static std::uint64_t key_of(const Endpoint& remote) { return EndpointHash{}(remote); }
    std::atomic<std::uint64_t>& at(std::uint64_t key, std::size_t step) const {
        return (*table_)[((key >> 16) + step) % places];
    }

    using Table = std::array<std::atomic<std::uint64_t>, places>;
    const std::unique_ptr<Table> table_ = std::make_unique<Table>();
};

}  // namespace kanmon::io
