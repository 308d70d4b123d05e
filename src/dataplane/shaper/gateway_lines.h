// Both directions of one gateway's bandwidth.
//
// Owner: the keeper makes one for each gateway and keeps it through snapshots; all shards share it.
#pragma once

#include <cstdint>

#include "dataplane/shaper/shared_line.h"

namespace kanmon::shaper {

struct GatewayLines {
    explicit GatewayLines(std::uint64_t bits_per_second)
        : to_clients(bits_per_second), from_clients(bits_per_second) {}

    void set_rate(std::uint64_t bits_per_second) {
        to_clients.set_rate(bits_per_second);
        from_clients.set_rate(bits_per_second);
    }

    SharedLine to_clients, from_clients;
};

}  // namespace kanmon::shaper
