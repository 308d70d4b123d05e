// A new bearer token as it is answered: the only time that it is shown.
#pragma once

#include "controlplane/api/json_object.h"
#include "controlplane/usecases/bearer_tokens.h"

namespace kanmon::api {

JsonObject token_created(const usecases::BearerTokenCreated& created);

}  // namespace kanmon::api
