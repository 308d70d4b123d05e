#include "controlplane/model/assignment.h"

#include <fmt/core.h>

#include "base/escape.h"
#include "controlplane/model/name.h"

namespace kanmon::model {

Outcome<void> check_group_name(std::string_view name) {
    if (name.empty()) return missing("Name");
    return check_name(name);
}

Outcome<std::string> check_idaas_region(std::string_view region) {
    if (region.empty() || is_region(region)) return std::string(region);
    return illegal("IDaaSRegionId",
                   fmt::format("'{}' is no region: a region has 1-64 lower-case letters, digits "
                               "and hyphens, such as cn-hangzhou.",
                               escaped(region, 64)));
}

}  // namespace kanmon::model
