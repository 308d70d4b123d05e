// The kernel's table of who owns which tunnel address, mapped into this process.
//
// Owner: the keeper's thread writes; the kernel's program reads at any time.
#pragma once

#include <memory>

#include "base/unique_fd.h"
#include "bridge/tun_steering.h"

namespace kanmon::io {

class SteeringTable {
public:
    /// Nothing where it cannot be mapped. The descriptor is of no more use afterwards.
    static std::shared_ptr<SteeringTable> map(const UniqueFd& table);
    explicit SteeringTable(std::uint8_t* octets) : octets_(octets) {}
    ~SteeringTable();
    SteeringTable(const SteeringTable&) = delete;
    SteeringTable& operator=(const SteeringTable&) = delete;

    void set(Ipv4 destination, std::uint8_t octet) {
        store(bridge::steering_place(destination), octet);
    }
    void set(const Ipv6& destination, std::uint8_t octet) {
        store(bridge::steering_place(destination), octet);
    }
    void forget_all();

private:
    void store(std::size_t place, std::uint8_t octet);

    std::uint8_t* const octets_;  // steering_octets of them
};

}  // namespace kanmon::io
