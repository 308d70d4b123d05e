// The name of one request, in its answer, the audit row and the log: an upper-case UUID.
#pragma once

#include <string>

#include "base/random.h"

namespace kanmon::api {

std::string make_request_id(Random& random);

}  // namespace kanmon::api
