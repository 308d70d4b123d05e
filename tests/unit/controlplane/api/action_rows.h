// One row for each action of the table: parameters with which it works, and who is answered what.
// The account matrix and the tests of dry runs and tokens go over them.
#pragma once

#include <string_view>
#include <vector>

#include "controlplane/api/form.h"

namespace kanmon::api {

struct ActionRow {
    std::string_view action;
    Parameters parameters;           // "$vpc" stands for the id of the owner's VPC, and so on
    std::string_view owner = "200";  // what the owner is answered
    std::string_view stranger = "foreign";  // or "own": acts on nothing but the caller's own
    std::string_view repeated = "200";      // with the same ClientToken; 200: the same answer again
};

/// In no particular order; `AccountMatrix` sees to it that no action is without one.
std::vector<ActionRow> action_rows();

}  // namespace kanmon::api
