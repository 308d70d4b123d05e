// Which client has this tunnel address: an array over the pool of one server, in pages.
//
// An IPv6 tunnel address follows from the IPv4 one, so one array serves both.
// Owner:  one shard. A lookup is two loads and does not allocate; `set` allocates a page of 256
//         addresses when the first of them is used.
// Limits: one pointer for each 256 addresses of the pool, so a /8 costs half a megabyte.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "base/address.h"
#include "bridge/snapshot.h"

namespace kanmon::routing {

inline constexpr std::uint32_t no_client = 0xffffffff;

class AddressTable {
public:
    explicit AddressTable(const Cidr& pool, const std::optional<Cidr6>& pool6 = {});

    /// `no_client` for addresses that nobody has or that lie outside the pool.
    std::uint32_t find(Ipv4 address) const {
        if (!pool_.contains(address)) return no_client;
        const std::uint32_t offset = address.value - pool_.base.value;
        const Page* page = pages_[offset >> 8].get();
        return page == nullptr ? no_client : (*page)[offset & 0xff];
    }
    std::uint32_t find(const Ipv6& address) const {
        if (!pool6_) return no_client;
        const auto address4 = bridge::tunnel_address4(pool_, *pool6_, address);
        return address4 ? find(*address4) : no_client;
    }
    /// False for an address outside the pool.
    bool set(Ipv4 address, std::uint32_t client);
    /// Frees the address only when this client has it: a successor may have taken it over.
    void clear(Ipv4 address, std::uint32_t client);

    const Cidr& pool() const { return pool_; }

private:
    using Page = std::array<std::uint32_t, 256>;
    Cidr pool_;
    std::optional<Cidr6> pool6_;
    std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace kanmon::routing
