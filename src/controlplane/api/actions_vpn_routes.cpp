// Routes into IPsec connections, by destination and policy-based (…Pbr…).
#include <algorithm>

#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

enum class Kind : std::uint8_t { by_destination, by_policy };

usecases::RouteName read_name(ParameterReader& read, Kind kind) {
    usecases::RouteName name{.gateway = read.required("VpnGatewayId"),
                             .policy_based = kind == Kind::by_policy,
                             .source = {},
                             .destination = read.required("RouteDest"),
                             .next_hop = read.required("NextHop"),
                             .weight = {},
                             .priority = {}};
    if (kind == Kind::by_destination) return name;
    name.source = read.required("RouteSource");
    name.priority = read.optional_number("Priority");
    return name;
}

JsonObject created_fields(const model::VpnRoute& route) {
    JsonObject fields;
    fields.text("VpnInstanceId", route.gateway.text)
        .text("RouteDest", to_string(route.destination))
        .text("NextHop", route.next_hop.text)
        .number("Weight", route.weight)
        .text("State", model::route_state_text(route))
        .text("OverlayMode", "Ipsec")
        .text("Description", route.description)
        .number("CreateTime", milliseconds(route.created_at));
    if (route.policy_based)
        fields.text("RouteSource", to_string(route.source)).number("Priority", route.priority);
    return fields;
}

JsonObject route_row(const model::VpnRoute& route) {
    JsonObject row;
    row.text("VpnInstanceId", route.gateway.text)
        .text("RouteDest", to_string(route.destination))
        .text("NextHop", route.next_hop.text)
        .text("NextHopTunnelId", "")
        .number("Weight", route.weight)
        .text("State", model::route_state_text(route))
        .number("CreateTime", milliseconds(route.created_at));
    if (route.policy_based) {
        row.text("RouteSource", to_string(route.source)).number("Priority", route.priority);
    } else {
        row.text("RouteEntryType", "custom")
            .text("Source", "")
            .text("AsPath", "")
            .text("Community", "");
    }
    return row;
}

ActionAnswer create(const ActionRequest& request, Kind kind) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::CreateVpnRoute wanted{.name = read_name(read, kind)};
    wanted.name.weight = read.required_number("Weight");
    read.required("PublishVpc");
    wanted.publish = read.flag("PublishVpc", false);
    wanted.overlay_mode = read.text("OverlayMode");
    wanted.description = read.text("Description");
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.vpn_routes.create(request.call, checked);
        })
        .map(created_fields);
}

ActionAnswer remove(const ActionRequest& request, Kind kind) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::RouteName name = read_name(read, kind);
    name.weight = read.required_number("Weight");
    return read.finish(name)
        .and_then([&](const auto& checked) {
            return request.plane.vpn_routes.remove(request.call, checked);
        })
        .map([] { return JsonObject(); });
}

ActionAnswer modified(const ActionRequest& request, const ParameterReader& read,
                      std::string_view action, const usecases::ModifyVpnRoute& wanted) {
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.vpn_routes.modify(request.call, action, checked);
        })
        .map([] { return JsonObject(); });
}

ActionAnswer reweighed(const ActionRequest& request, Kind kind, std::string_view action) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::ModifyVpnRoute wanted{.name = read_name(read, kind)};
    wanted.name.weight = read.required_number("Weight");
    wanted.weight = read.required_number("NewWeight");
    return modified(request, read, action, wanted);
}

model::Outcome<usecases::Page<model::VpnRoute>> listed(const ActionRequest& request,
                                                       ParameterReader& read, Kind kind) {
    read.region();
    usecases::DescribeVpnRoutes wanted{.gateway = read.required("VpnGatewayId"),
                                       .policy_based = kind == Kind::by_policy,
                                       .page = read.page()};
    return read.finish(wanted).and_then(
        [&](const auto& checked) { return request.plane.vpn_routes.list(request.call, checked); });
}

}  // namespace

ActionAnswer create_vpn_route_entry(const ActionRequest& request) {
    return create(request, Kind::by_destination);
}

ActionAnswer create_vpn_pbr_route_entry(const ActionRequest& request) {
    return create(request, Kind::by_policy);
}

ActionAnswer delete_vpn_route_entry(const ActionRequest& request) {
    return remove(request, Kind::by_destination);
}

ActionAnswer delete_vpn_pbr_route_entry(const ActionRequest& request) {
    return remove(request, Kind::by_policy);
}

ActionAnswer describe_vpn_route_entries(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    // Routes that were learnt by BGP: there is nobody here to learn from.
    const bool learnt = read.text("RouteEntryType") == "bgp";
    return listed(request, read, Kind::by_destination).map([&](const auto& page) {
        std::vector<JsonObject> rows;
        for (const model::VpnRoute& route : page.items)
            if (!learnt) rows.push_back(route_row(route));
        std::vector<JsonObject> counts;
        JsonObject count;
        count.text("RouteEntryType", "custom").text("Source", "").number("RouteCount", page.total);
        counts.push_back(std::move(count));
        JsonObject answer;
        add_nested_list(answer, "VpnRouteEntries", "VpnRouteEntry", std::move(rows));
        add_nested_list(answer, "VpnRouteCounts", "VpnRouteCount", std::move(counts));
        answer.number("PageNumber", page.number)
            .number("PageSize", page.size)
            .number("TotalCount", learnt ? std::uint64_t{0} : page.total);
        return answer;
    });
}

ActionAnswer describe_vpn_pbr_route_entries(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return listed(request, read, Kind::by_policy).map([](const auto& page) {
        return page_answer(page, "VpnPbrRouteEntries", "VpnPbrRouteEntry", route_row);
    });
}

ActionAnswer modify_vpn_route_entry_weight(const ActionRequest& request) {
    return reweighed(request, Kind::by_destination, "ModifyVpnRouteEntryWeight");
}

ActionAnswer publish_vpn_route_entry(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const std::string type = read.required("RouteType");
    usecases::ModifyVpnRoute wanted{.name = read_name(read, Kind::by_destination)};
    wanted.name.policy_based = type == "pbr";
    read.required("PublishVpc");
    wanted.publish = read.flag("PublishVpc", false);
    if (!type.empty() && type != "pbr" && type != "dbr")
        return model::illegal("RouteType",
                              "A route is dbr (by destination) or pbr (policy-based).");
    return modified(request, read, "PublishVpnRouteEntry", wanted);
}

ActionAnswer modify_vpn_pbr_route_entry_attribute(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::ModifyVpnRoute wanted{.name = read_name(read, Kind::by_policy)};
    wanted.name.weight = read.required_number("Weight");
    wanted.name.priority = read.required_number("Priority");
    wanted.weight = read.optional_number("NewWeight");
    wanted.priority = read.optional_number("NewPriority");
    if (!wanted.weight && !wanted.priority) read.required("NewPriority");
    return modified(request, read, "ModifyVpnPbrRouteEntryAttribute", wanted);
}

ActionAnswer modify_vpn_pbr_route_entry_priority(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::ModifyVpnRoute wanted{.name = read_name(read, Kind::by_policy)};
    wanted.name.weight = read.optional_number("Weight");
    wanted.name.priority = read.required_number("Priority");
    wanted.priority = read.required_number("NewPriority");
    return modified(request, read, "ModifyVpnPbrRouteEntryPriority", wanted);
}

ActionAnswer modify_vpn_pbr_route_entry_weight(const ActionRequest& request) {
    return reweighed(request, Kind::by_policy, "ModifyVpnPbrRouteEntryWeight");
}

}  // namespace kanmon::api
