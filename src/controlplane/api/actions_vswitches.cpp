// vSwitches: the shapes of the original.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"
#include "controlplane/api/place_filters.h"
#include "controlplane/api/timestamp.h"

namespace kanmon::api {
namespace {

JsonObject vswitch_fields(const usecases::VSwitchView& view) {
    const model::VSwitch& part = view.part;
    JsonObject fields;
    fields.text("VSwitchId", part.id.text)
        .text("VpcId", part.vpc.text)
        .text("ZoneId", part.zone)
        .text("CidrBlock", to_string(part.cidr))
        .text("Ipv6CidrBlock", "")
        .text("VSwitchName", part.name)
        .text("Description", part.description)
        .text("Status", "Available")
        .text("CreationTime", timestamp_text(part.created_at))
        .number("AvailableIpAddressCount", part.cidr.size() - model::vswitch_addresses_kept)
        .number("OwnerId", account_number(part.account))
        .flag("IsDefault", false)
        .flag("EnabledIpv6", false)
        .text("NetworkAclId", "")
        .text("ShareType", "")
        .text("ResourceGroupId", "");
    JsonObject table;
    table.text("RouteTableId", model::route_table_id(part.vpc)).text("RouteTableType", "System");
    fields.object("RouteTable", std::move(table));
    add_tags(fields, "Tags", view.tags);
    return fields;
}

}  // namespace

ActionAnswer create_vswitch(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    usecases::CreateVSwitch wanted{.region = read.region(),
                                   .vpc = read.required("VpcId"),
                                   .zone = read.required("ZoneId"),
                                   .cidr = read.required("CidrBlock"),
                                   .name = read.text("VSwitchName"),
                                   .description = read.text("Description"),
                                   .tags = read.tags("Tag")};
    if (auto ours = refuse_foreign_networks(read); !ours) return unexpected(ours.error());
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.vswitches.create(request.call, checked);
        })
        .map([](const auto& id) {
            JsonObject answer;
            answer.text("VSwitchId", id.text);
            return answer;
        });
}

ActionAnswer describe_vswitches(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    usecases::DescribeVSwitches wanted{.id = read.text("VSwitchId"),
                                       .vpc = read.text("VpcId"),
                                       .zone = read.text("ZoneId"),
                                       .name = read.text("VSwitchName"),
                                       .tags = read.tags("Tag"),
                                       .page = read.page()};
    const std::string table = read.text("RouteTableId");
    const std::string vpc = model::vpc_of_route_table(table).text;
    if (!table.empty() && wanted.vpc.empty()) wanted.vpc = vpc.empty() ? none_of_them : vpc;
    if ((!table.empty() && wanted.vpc != vpc) ||
        asks_for_others(read, request.call, "VSwitchOwnerId"))
        wanted.id = none_of_them;
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.vswitches.list(request.call, checked);
        })
        .map([](const auto& page) {
            return page_answer(page, "VSwitches", "VSwitch", vswitch_fields);
        });
}

ActionAnswer describe_vswitch_attributes(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(read.required("VSwitchId"))
        .and_then([&](const auto& id) { return request.plane.vswitches.find(request.call, id); })
        .map([](const auto& view) {
            JsonObject fields = vswitch_fields(view);
            fields.text("RegionId", view.region);
            return fields;
        });
}

ActionAnswer modify_vswitch_attribute(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    usecases::ModifyVSwitch wanted{.id = read.required("VSwitchId"),
                                   .name = read.optional_text("VSwitchName"),
                                   .description = read.optional_text("Description")};
    if (auto ours = refuse_foreign_networks(read); !ours) return unexpected(ours.error());
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.vswitches.modify(request.call, checked);
        })
        .map([] { return JsonObject(); });
}

ActionAnswer delete_vswitch(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(read.required("VSwitchId"))
        .and_then([&](const auto& id) { return request.plane.vswitches.remove(request.call, id); })
        .map([] { return JsonObject(); });
}

}  // namespace kanmon::api
