// Tags and resource groups.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {

ActionAnswer tag_resources(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::TagResources wanted{.kind = read.required("ResourceType"),
                                  .resources = read.texts("ResourceId"),
                                  .tags = read.tags("Tag")};
    return read.finish(wanted)
        .and_then(
            [&](const auto& checked) { return request.plane.tagging.tag(request.call, checked); })
        .map([] { return JsonObject(); });
}

ActionAnswer untag_resources(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::UntagResources wanted{.kind = read.required("ResourceType"),
                                    .resources = read.texts("ResourceId"),
                                    .keys = read.texts("TagKey"),
                                    .all = read.flag("All", false)};
    return read.finish(wanted)
        .and_then(
            [&](const auto& checked) { return request.plane.tagging.untag(request.call, checked); })
        .map([] { return JsonObject(); });
}

ActionAnswer list_tag_resources(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::ListTagResources wanted{.kind = read.required("ResourceType"),
                                      .resources = read.texts("ResourceId"),
                                      .tags = read.tags("Tag"),
                                      .next_token = read.text("NextToken")};
    wanted.results_max = read.optional_number("MaxResults").value_or(wanted.results_max);
    return read.finish(wanted)
        .and_then(
            [&](const auto& checked) { return request.plane.tagging.list(request.call, checked); })
        .map([](const auto& page) {
            const auto fields = [](const model::ResourceTag& tag) {
                JsonObject row;
                row.text("ResourceId", tag.resource)
                    .text("ResourceType", model::tagged_kind_text(tag.kind))
                    .text("TagKey", tag.tag.key)
                    .text("TagValue", tag.tag.value);
                return row;
            };
            JsonObject answer;
            add_nested_list(answer, "TagResources", "TagResource", rows_of(page.rows, fields));
            answer.text("NextToken", page.next_token);
            return answer;
        });
}

ActionAnswer move_vpn_resource_group(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::MoveResourceGroup wanted{.kind = read.required("ResourceType"),
                                       .resource = read.required("InstanceId"),
                                       .group = read.required("NewResourceGroupId")};
    return read.finish(wanted)
        .and_then(
            [&](const auto& checked) { return request.plane.tagging.move(request.call, checked); })
        .map([] { return JsonObject(); });
}

}  // namespace kanmon::api
