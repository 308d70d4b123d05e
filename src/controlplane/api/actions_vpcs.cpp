// VPCs: the shapes of the original; `Namespace` is Kanmon's extension.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"
#include "controlplane/api/place_filters.h"
#include "controlplane/api/timestamp.h"

namespace kanmon::api {
namespace {

/// What Describe… answers, flat or as a row.
JsonObject vpc_fields(const usecases::VpcView& view) {
    const model::Vpc& vpc = view.vpc;
    JsonObject row;
    row.text("VpcId", vpc.id.text)
        .text("RegionId", vpc.region)
        .text("Status", "Available")
        .text("VpcName", vpc.name)
        .text("Description", vpc.description)
        .text("CidrBlock", to_string(vpc.cidr))
        .text("CreationTime", timestamp_text(vpc.created_at))
        .number("OwnerId", account_number(vpc.account))
        .flag("IsDefault", false)
        .flag("EnabledIpv6", false)
        .text("Ipv6CidrBlock", "")
        .text("VRouterId", model::router_id(vpc.id))
        .text("ResourceGroupId", "")
        .text("Namespace", vpc.network_namespace);
    add_texts(row, "VSwitchIds", "VSwitchId", view.vswitches);
    add_texts(row, "RouterTableIds", "RouterTableIds", {model::route_table_id(vpc.id)});
    add_texts(row, "NatGatewayIds", "NatGatewayIds", {});
    add_texts(row, "SecondaryCidrBlocks", "SecondaryCidrBlock", {});
    add_texts(row, "UserCidrs", "UserCidr", {});
    add_nested_list(row, "Ipv6CidrBlocks", "Ipv6CidrBlock", {});
    add_tags(row, "Tags", view.tags);
    return row;
}

}  // namespace

ActionAnswer create_vpc(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    usecases::CreateVpc wanted{.region = read.region(),
                               .cidr = read.text("CidrBlock"),
                               .name = read.text("VpcName"),
                               .description = read.text("Description"),
                               .network_namespace = read.text("Namespace"),
                               .tags = read.tags("Tag")};
    if (auto ours = refuse_foreign_networks(read); !ours) return unexpected(ours.error());
    return read.finish(wanted)
        .and_then(
            [&](const auto& checked) { return request.plane.vpcs.create(request.call, checked); })
        .map([](const auto& made) {
            JsonObject answer;
            answer.text("VpcId", made.id.text)
                .text("VRouterId", model::router_id(made.id))
                .text("RouteTableId", model::route_table_id(made.id))
                .text("ResourceGroupId", "");
            return answer;
        });
}

ActionAnswer describe_vpcs(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DescribeVpcs wanted{.id = read.text("VpcId"),
                                  .name = read.text("VpcName"),
                                  .tags = read.tags("Tag"),
                                  .page = read.page()};
    if (asks_for_others(read, request.call, "VpcOwnerId")) wanted.id = none_of_them;
    return read.finish(wanted)
        .and_then(
            [&](const auto& checked) { return request.plane.vpcs.list(request.call, checked); })
        .map([](const auto& page) { return page_answer(page, "Vpcs", "Vpc", vpc_fields); });
}

ActionAnswer describe_vpc_attribute(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(model::VpcId{read.required("VpcId")})
        .and_then([&](const auto& id) { return request.plane.vpcs.find(request.call, id); })
        .map([](const auto& view) {
            JsonObject fields = vpc_fields(view);
            const auto resource = [](std::string_view type, std::size_t count) {
                JsonObject row;
                row.text("ResourceType", type)
                    .number("ResourceCount", static_cast<std::uint64_t>(count));
                return row;
            };
            std::vector<JsonObject> resources;
            resources.push_back(resource("VSwitch", view.vswitches.size()));
            resources.push_back(resource("VpnGateway", view.gateways));
            add_nested_list(fields, "CloudResources", "CloudResourceSetType", std::move(resources));
            add_nested_list(fields, "AssociatedCens", "AssociatedCen", {});
            add_nested_list(fields, "AssociatedPropagationSources", "AssociatedPropagationSources",
                            {});
            fields.flag("ClassicLinkEnabled", false)
                .flag("SupportIpv4Gateway", false)
                .text("Ipv4GatewayId", "");
            return fields;
        });
}

ActionAnswer modify_vpc_attribute(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    usecases::ModifyVpc wanted{.id = read.required("VpcId"),
                               .name = read.optional_text("VpcName"),
                               .description = read.optional_text("Description"),
                               .cidr = read.optional_text("CidrBlock")};
    if (auto ours = refuse_foreign_networks(read); !ours) return unexpected(ours.error());
    return read.finish(wanted)
        .and_then(
            [&](const auto& checked) { return request.plane.vpcs.modify(request.call, checked); })
        .map([] { return JsonObject(); });
}

ActionAnswer delete_vpc(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    // The original takes a VPC without its region here; so does Kanmon.
    return read.finish(model::VpcId{read.required("VpcId")})
        .and_then([&](const auto& id) { return request.plane.vpcs.remove(request.call, id); })
        .map([] { return JsonObject(); });
}

}  // namespace kanmon::api
