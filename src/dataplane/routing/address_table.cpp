#include "dataplane/routing/address_table.h"

namespace kanmon::routing {

AddressTable::AddressTable(const Cidr& pool, const std::optional<Cidr6>& pool6)
    : pool_(pool), pool6_(pool6), pages_((pool.size() + 255) / 256) {}

bool AddressTable::set(Ipv4 address, std::uint32_t client) {
    if (!pool_.contains(address)) return false;
    const std::uint32_t offset = address.value - pool_.base.value;
    std::unique_ptr<Page>& page = pages_[offset >> 8];
    if (page == nullptr) {
        page = std::make_unique<Page>();
        page->fill(no_client);
    }
    (*page)[offset & 0xff] = client;
    return true;
}

void AddressTable::clear(Ipv4 address, std::uint32_t client) {
    if (find(address) == client && client != no_client) set(address, no_client);
}

}  // namespace kanmon::routing
