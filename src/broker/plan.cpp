#include "broker/plan.h"

#include <algorithm>

namespace kanmon::broker {

std::vector<std::string> namespaces_of(const bridge::Want& wanted) {
    std::vector<std::string> names;
    for (const auto& server : wanted.servers) names.push_back(server.vpc_namespace);
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::vector<bridge::WantedServer> servers_in(const bridge::Want& wanted,
                                             const std::string& vpc_namespace) {
    std::vector<bridge::WantedServer> servers;
    for (const auto& server : wanted.servers)
        if (server.vpc_namespace == vpc_namespace) servers.push_back(server);
    return servers;
}

bool wants_ipv6(const bridge::Want& wanted, const std::string& vpc_namespace) {
    return std::ranges::any_of(wanted.servers, [&](const bridge::WantedServer& server) {
        return server.vpc_namespace == vpc_namespace && server.client_pool6;
    });
}

std::vector<bridge::Listener> listeners_in(const bridge::Want& wanted,
                                           const std::string& vpc_namespace) {
    std::vector<bridge::Listener> listeners;
    if (!vpc_namespace.empty()) return listeners;
    for (const auto& server : wanted.servers)
        listeners.insert(listeners.end(), server.listeners.begin(), server.listeners.end());
    return listeners;
}

std::vector<Step> plan(const Traces& made, const bridge::Want& wanted) {
    std::vector<Step> steps;
    for (const DeviceTrace& trace : made.devices) {
        const auto is_it = [&](const bridge::WantedServer& server) {
            return server.device == trace.device && server.vpc_namespace == trace.vpc_namespace;
        };
        if (std::ranges::none_of(wanted.servers, is_it))
            steps.push_back({Action::remove_device, trace.vpc_namespace, trace.device});
    }
    const auto namespaces = namespaces_of(wanted);
    for (const NamespaceTrace& trace : made.namespaces)
        if (trace.forwarding6_before && !wants_ipv6(wanted, trace.vpc_namespace))
            steps.push_back({Action::restore_forwarding6,
                             trace.vpc_namespace,
                             {},
                             *trace.forwarding6_before,
                             0});
    for (const NamespaceTrace& trace : made.namespaces)
        if (!std::ranges::binary_search(namespaces, trace.vpc_namespace))
            steps.push_back(
                {Action::remove_rules, trace.vpc_namespace, {}, trace.forwarding_before});
    for (const std::string& name : namespaces)
        steps.push_back({Action::apply_rules, name, {}, false, 0});
    for (std::size_t i = 0; i < wanted.servers.size(); ++i)
        steps.push_back({Action::make_device, wanted.servers[i].vpc_namespace,
                         wanted.servers[i].device, false, i});
    for (const std::string& name : namespaces) {
        steps.push_back({Action::enable_forwarding, name, {}, false, 0});
        if (wants_ipv6(wanted, name))
            steps.push_back({Action::enable_forwarding6, name, {}, false, 0});
    }
    return steps;
}

}  // namespace kanmon::broker
