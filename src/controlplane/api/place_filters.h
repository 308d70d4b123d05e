// What VPCs and vSwitches do not have here, and how a request for it is answered.
#pragma once

#include "controlplane/api/action.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {

/// An id that nothing has.
inline const std::string none_of_them = "-";

/// A filter asks for what nothing here is: a default one, one with IPv6, of a resource group or of
/// another account. The list is empty then.
bool asks_for_others(ParameterReader& read, const usecases::Call& call, std::string_view owner);

/// UnsupportedOperation for networks that nobody could give here: IPv6 ones, and such of a pool of
/// addresses.
model::Outcome<void> refuse_foreign_networks(ParameterReader& read);

}  // namespace kanmon::api
