#include "dataplane/io/gateway_book.h"

#include <utility>

namespace kanmon::io {

void GatewayBook::apply(const std::vector<bridge::Gateway>& gateways) {
    const auto former = std::exchange(lines_, {});
    for (const bridge::Gateway& gateway : gateways) {
        const std::uint64_t rate = gateway.bandwidth_mbit * shaper::bits_per_megabit;
        const auto known = former.find(gateway.id);
        auto& lines = lines_[gateway.id];
        lines =
            known != former.end() ? known->second : std::make_shared<shaper::GatewayLines>(rate);
        lines->set_rate(rate);
    }
}

std::vector<std::shared_ptr<shaper::GatewayLines>> GatewayBook::lines_of(
    const std::vector<ServerSlots::Slot>& servers) const {
    std::vector<std::shared_ptr<shaper::GatewayLines>> lines(servers.size());
    for (std::size_t i = 0; i < servers.size(); ++i)
        if (const auto own = lines_.find(servers[i].server().gateway_id); own != lines_.end())
            lines[i] = own->second;
    return lines;
}

}  // namespace kanmon::io
