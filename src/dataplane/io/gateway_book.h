// The bandwidth of each gateway, in one place for all shards.
//
// Owner: the keeper's thread; what it hands out is shared with the shards.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/io/server_slots.h"
#include "dataplane/shaper/gateway_lines.h"

namespace kanmon::io {

class GatewayBook {
public:
    /// A gateway that stays keeps its lines, so that a new bandwidth holds at once for what waits.
    void apply(const std::vector<bridge::Gateway>& gateways);
    /// By ServerIndex; null for a server whose gateway is not there.
    std::vector<std::shared_ptr<shaper::GatewayLines>> lines_of(
        const std::vector<ServerSlots::Slot>& servers) const;

private:
    std::map<std::string, std::shared_ptr<shaper::GatewayLines>> lines_;
};

}  // namespace kanmon::io
