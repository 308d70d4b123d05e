#include "controlplane/usecases/route_tables.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/usecases/ownership.h"

namespace kanmon::usecases {

namespace {

constexpr std::int64_t results_limit = 100;
constexpr std::string_view system_kind = "System";
constexpr std::string_view custom_kind = "Custom";
constexpr std::string_view to_gateway = "VpnGateway";

/// "rte-" and what follows the prefix of the id that the entry comes from.
std::string entry_id(std::string_view origin, std::string_view ending = "") {
    return fmt::format("rte-{}{}", origin.substr(origin.find('-') + 1), ending);
}

RouteEntryView entry_of(const model::VSwitch& part) {
    return {.id = entry_id(part.id.text),
            .destination = to_string(part.cidr),
            .kind = system_kind,
            .next_hop_kind = "local",
            .created_at = part.created_at};
}

void add_server(std::vector<RouteEntryView>& entries, const model::SslServer& server) {
    RouteEntryView entry{.id = entry_id(server.id.text),
                         .destination = to_string(server.client_pool),
                         .kind = custom_kind,
                         .next_hop_kind = to_gateway,
                         .next_hop = server.gateway.text,
                         .description = fmt::format("clients of the SSL server {}", server.id.text),
                         .created_at = server.created_at};
    entries.push_back(entry);
    if (!server.options.client_pool6) return;
    entry.id = entry_id(server.id.text, "6");
    entry.destination = to_string(*server.options.client_pool6);
    entry.is_v6 = true;
    entries.push_back(std::move(entry));
}

RouteEntryView entry_of(const model::VpnRoute& route) {
    return {.id = entry_id(route.id.text),
            .destination = to_string(route.destination),
            .kind = custom_kind,
            .next_hop_kind = to_gateway,
            .next_hop = route.gateway.text,
            .description = route.description,
            .created_at = route.created_at};
}

std::vector<RouteEntryView> entries_of(Ledger& ledger, const model::Vpc& vpc) {
    std::vector<RouteEntryView> entries;
    for (const model::VSwitch& part : ledger.vswitches().below(vpc.id.text))
        entries.push_back(entry_of(part));
    for (const model::VpnGateway& gateway : ledger.vpn_gateways().below(vpc.id.text)) {
        for (const model::SslServer& server : ledger.ssl_servers().below(gateway.id.text))
            add_server(entries, server);
        for (const model::VpnRoute& route : ledger.vpn_routes().below(gateway.id.text))
            if (route.published) entries.push_back(entry_of(route));
    }
    return entries;
}

bool matches(const RouteEntryView& entry, const DescribeRouteEntries& request) {
    const auto fits = [](std::string_view wanted, std::string_view value) {
        return wanted.empty() || wanted == value;
    };
    return fits(request.id, entry.id) && fits(request.kind, entry.kind) &&
           fits(request.next_hop, entry.next_hop) &&
           fits(request.next_hop_kind, entry.next_hop_kind) &&
           fits(request.ip_version, entry.is_v6 ? "ipv6" : "ipv4") &&
           (request.destinations.empty() ||
            std::ranges::find(request.destinations, entry.destination) !=
                request.destinations.end());
}

/// Those after the entry that the token names. A token whose entry is gone ends the list.
RouteEntryPage page_after(std::vector<RouteEntryView> entries,
                          const DescribeRouteEntries& request) {
    RouteEntryPage page{.rows = {}, .total = entries.size(), .next_token = {}};
    auto from = entries.begin();
    if (!request.next_token.empty()) {
        from = std::ranges::find(entries, request.next_token, &RouteEntryView::id);
        if (from != entries.end()) ++from;
    }
    for (; from != entries.end() && std::ssize(page.rows) < request.results_max; ++from)
        page.rows.push_back(std::move(*from));
    if (from != entries.end()) page.next_token = page.rows.back().id;
    return page;
}

}  // namespace

Outcome<Page<RouteTableView>> RouteTables::list(const Call& call,
                                                const DescribeRouteTables& request) {
    const std::lock_guard turn(ports_.turn);
    return look_for<Page<RouteTableView>>(ports_.books, [&](Ledger& ledger) {
        std::vector<RouteTableView> tables;
        for (model::Vpc& vpc : ledger.vpcs().of_account(call.actor.account)) {
            if (!request.id.empty() && model::route_table_id(vpc.id) != request.id) continue;
            if (!request.router.empty() && model::router_id(vpc.id) != request.router) continue;
            if (!request.vpc.empty() && vpc.id.text != request.vpc) continue;
            if (!request.kind.empty() && request.kind != system_kind) continue;
            RouteTableView table{.vpc = std::move(vpc)};
            for (const model::VSwitch& part : ledger.vswitches().below(table.vpc.id.text))
                table.vswitches.push_back(part.id.text);
            tables.push_back(std::move(table));
        }
        return page_of(std::move(tables), request.page);
    });
}

Outcome<RouteEntryPage> RouteTables::entries(const Call& call,
                                             const DescribeRouteEntries& request) {
    if (request.results_max < 1 || request.results_max > results_limit)
        return model::illegal("MaxResult", fmt::format("MaxResult is {}; it is between 1 and {}.",
                                                       request.results_max, results_limit));
    const std::lock_guard turn(ports_.turn);
    using Entries = RouteEntryPage;
    return look_for<Entries>(ports_.books, [&](Ledger& ledger) -> Outcome<Entries> {
        const auto vpc = own_vpc(ledger, call, model::vpc_of_route_table(request.table).text);
        if (!vpc)
            return model::not_found("InvalidRouteTableId.NotFound", "route table",
                                    escaped(request.table, 64));
        std::vector<RouteEntryView> entries = entries_of(ledger, *vpc);
        std::erase_if(entries, [&](const auto& entry) { return !matches(entry, request); });
        return page_after(std::move(entries), request);
    });
}

}  // namespace kanmon::usecases
