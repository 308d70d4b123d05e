// VPCs: the shapes of the original; `Namespace` is Kanmon's extension.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"
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
        .text("OwnerId", vpc.account.text)
        .flag("IsDefault", false)
        .text("VRouterId", "")
        .text("ResourceGroupId", "")
        .text("Namespace", vpc.network_namespace);
    JsonObject switches;
    switches.texts("VSwitchId", view.vswitches);
    row.object("VSwitchIds", std::move(switches));
    add_tags(row, "Tags", {});
    return row;
}

}  // namespace

ActionAnswer create_vpc(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    usecases::CreateVpc wanted{.region = read.region(),
                               .cidr = read.text("CidrBlock"),
                               .name = read.text("VpcName"),
                               .description = read.text("Description"),
                               .network_namespace = read.text("Namespace")};
    return read.finish(wanted)
        .and_then(
            [&](const auto& checked) { return request.plane.vpcs.create(request.call, checked); })
        .map([](const auto& made) {
            JsonObject answer;
            answer.text("VpcId", made.id.text)
                .text("VRouterId", "")
                .text("RouteTableId", "")
                .text("ResourceGroupId", "");
            return answer;
        });
}

ActionAnswer describe_vpcs(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DescribeVpcs wanted{
        .id = read.text("VpcId"), .name = read.text("VpcName"), .page = read.page()};
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
            JsonObject networks;
            networks.texts("SecondaryCidrBlock", {});
            fields.object("SecondaryCidrBlocks", std::move(networks));
            JsonObject user;
            user.texts("UserCidr", {});
            fields.object("UserCidrs", std::move(user));
            add_nested_list(fields, "AssociatedCens", "AssociatedCen", {});
            fields.flag("ClassicLinkEnabled", false);
            return fields;
        });
}

ActionAnswer delete_vpc(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    // The original takes a VPC without its region here; so does Kanmon.
    return read.finish(model::VpcId{read.required("VpcId")})
        .and_then([&](const auto& id) { return request.plane.vpcs.remove(request.call, id); })
        .map([] { return JsonObject(); });
}

}  // namespace kanmon::api
