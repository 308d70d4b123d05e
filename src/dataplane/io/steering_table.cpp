#include "dataplane/io/steering_table.h"

#include <sys/mman.h>

#include <atomic>

namespace kanmon::io {

std::shared_ptr<SteeringTable> SteeringTable::map(const UniqueFd& table) {
    void* const mapped = ::mmap(nullptr, bridge::steering_octets, PROT_READ | PROT_WRITE,
                                MAP_SHARED, table.get(), 0);
    if (mapped == MAP_FAILED) return nullptr;
    return std::make_shared<SteeringTable>(static_cast<std::uint8_t*>(mapped));
}

SteeringTable::~SteeringTable() {
    ::munmap(octets_, bridge::steering_octets);
}

void SteeringTable::forget_all() {
    for (std::size_t place = 0; place < bridge::steering_octets; ++place) store(place, 0);
}

void SteeringTable::store(std::size_t place, std::uint8_t octet) {
    std::atomic_ref(octets_[place]).store(octet, std::memory_order_relaxed);
}

}  // namespace kanmon::io
