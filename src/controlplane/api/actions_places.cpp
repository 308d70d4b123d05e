// Regions and zones. An installation is in one place: both are names that resources were given,
// kept so that tools which ask for them go on.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"
#include "controlplane/model/vswitch.h"

namespace kanmon::api {

ActionAnswer describe_regions(const ActionRequest& request) {
    const auto call = ParameterReader(request.parameters).finish(request.call);
    if (!call) return unexpected(call.error());
    return request.plane.vpcs.regions(*call).map([](const auto& regions) {
        const auto fields = [](const std::string& region) {
            JsonObject row;
            row.text("RegionId", region).text("LocalName", region).text("RegionEndpoint", "");
            return row;
        };
        JsonObject answer;
        add_nested_list(answer, "Regions", "Region", rows_of(regions, fields));
        return answer;
    });
}

ActionAnswer describe_zones(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(read.region()).map([](const std::string& region) {
        const auto fields = [](const std::string& zone) {
            JsonObject row;
            row.text("ZoneId", zone).text("LocalName", zone).text("ZoneType", "AvailabilityZone");
            return row;
        };
        JsonObject answer;
        add_nested_list(answer, "Zones", "Zone", rows_of(model::zones_of(region), fields));
        return answer;
    });
}

ActionAnswer describe_vpn_gateway_available_zones(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    const std::string region = read.region();
    read.required("Spec");
    return read.finish(region).map([](const std::string& checked) {
        const auto fields = [](const std::string& zone) {
            JsonObject row;
            row.text("ZoneId", zone).text("ZoneName", zone);
            return row;
        };
        JsonObject answer;
        answer.text("RegionId", checked)
            .list("AvailableZoneIdList", rows_of(model::zones_of(checked), fields));
        return answer;
    });
}

ActionAnswer check_vpn_bgp_enabled(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(read.region()).map([](const std::string&) {
        JsonObject answer;
        answer.flag("BgpEnabled", true);
        return answer;
    });
}

}  // namespace kanmon::api
