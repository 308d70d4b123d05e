// VPCs: the shapes of the original; `Namespace` is Kanmon's extension.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"
#include "controlplane/api/timestamp.h"

namespace kanmon::api {
namespace {

JsonObject vpc_row(const model::Vpc& vpc) {
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
    switches.texts("VSwitchId", {});
    row.object("VSwitchIds", std::move(switches));
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
        .map([](const auto& page) {
            std::vector<JsonObject> rows;
            for (const model::Vpc& vpc : page.items) rows.push_back(vpc_row(vpc));
            JsonObject answer;
            add_nested_list(answer, "Vpcs", "Vpc", std::move(rows));
            add_page(answer, page);
            return answer;
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
