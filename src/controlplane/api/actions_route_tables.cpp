// Route tables: the shapes of the original. Each VPC has its system table.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"
#include "controlplane/api/timestamp.h"

namespace kanmon::api {
namespace {

JsonObject table_fields(const usecases::RouteTableView& view) {
    const model::Vpc& vpc = view.vpc;
    JsonObject row;
    row.text("RouteTableId", model::route_table_id(vpc.id))
        .text("RouteTableName", "")
        .text("RouteTableType", "System")
        .text("RouterId", model::router_id(vpc.id))
        .text("RouterType", "VRouter")
        .text("AssociateType", "VSwitch")
        .text("VpcId", vpc.id.text)
        .text("Description", "")
        .text("Status", "Available")
        .text("ResourceGroupId", "")
        .text("CreationTime", timestamp_text(vpc.created_at))
        .number("OwnerId", account_number(vpc.account))
        .flag("RoutePropagationEnable", true);
    add_texts(row, "VSwitchIds", "VSwitchId", view.vswitches);
    add_texts(row, "GatewayIds", "GatewayIds", {});
    add_tags(row, "Tags", {});
    return row;
}

JsonObject entry_fields(const usecases::RouteEntryView& entry, const std::string& table) {
    JsonObject hop;
    hop.text("NextHopType", entry.next_hop_kind)
        .text("NextHopId", entry.next_hop)
        .number("Enabled", std::int64_t{1})
        .number("Weight", std::int64_t{0});
    std::vector<JsonObject> hops;
    hops.push_back(std::move(hop));
    JsonObject row;
    row.text("RouteEntryId", entry.id)
        .text("RouteEntryName", "")
        .text("RouteTableId", table)
        .text("DestinationCidrBlock", entry.destination)
        .text("IpVersion", entry.is_v6 ? "ipv6" : "ipv4")
        .text("Type", entry.kind)
        .text("Status", "Available")
        .text("Description", entry.description)
        .text("GmtModified", timestamp_text(entry.created_at));
    add_nested_list(row, "NextHops", "NextHop", std::move(hops));
    return row;
}

/// Names, tags, resource groups and services that no table and no entry has here.
bool asks_for_others(ParameterReader& read) {
    bool others = !read.tags("Tag").empty();
    for (const std::string_view name :
         {"RouteTableName", "RouteEntryName", "ResourceGroupId", "ServiceType"})
        others = others || !read.text(name).empty();
    const std::string router = read.text("RouterType");
    return others || (!router.empty() && router != "VRouter");
}

}  // namespace

ActionAnswer describe_route_table_list(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DescribeRouteTables wanted{.id = read.text("RouteTableId"),
                                         .router = read.text("RouterId"),
                                         .vpc = read.text("VpcId"),
                                         .kind = read.text("RouteTableType"),
                                         .page = read.page()};
    if (asks_for_others(read)) wanted.kind = "None";
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.route_tables.list(request.call, checked);
        })
        .map([](const auto& page) {
            return page_answer(page, "RouterTableList", "RouterTableListType", table_fields);
        });
}

ActionAnswer describe_route_entry_list(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DescribeRouteEntries wanted{.table = read.required("RouteTableId"),
                                          .id = read.text("RouteEntryId"),
                                          .kind = read.text("RouteEntryType"),
                                          .next_hop = read.text("NextHopId"),
                                          .next_hop_kind = read.text("NextHopType"),
                                          .ip_version = read.text("IpVersion"),
                                          .destinations = read.texts("DestCidrBlockList"),
                                          .next_token = read.text("NextToken")};
    if (const auto one = read.text("DestinationCidrBlock"); !one.empty())
        wanted.destinations.push_back(one);
    wanted.results_max = read.optional_number("MaxResult").value_or(wanted.results_max);
    if (asks_for_others(read)) wanted.kind = "None";
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.route_tables.entries(request.call, checked);
        })
        .map([&](const auto& page) {
            const auto fields = [&](const auto& entry) {
                return entry_fields(entry, wanted.table);
            };
            JsonObject answer;
            add_nested_list(answer, "RouteEntrys", "RouteEntry", rows_of(page.rows, fields));
            answer.number("TotalCount", static_cast<std::uint64_t>(page.total))
                .text("NextToken", page.next_token);
            return answer;
        });
}

}  // namespace kanmon::api
