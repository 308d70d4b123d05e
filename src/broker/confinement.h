// What the broker gives up once its socket and files are open.
#pragma once

#include <string>

#include "base/result.h"

namespace kanmon::broker {

/// Keeps CAP_NET_ADMIN (devices, routes, rules), CAP_SYS_ADMIN (setns, bpf) and
/// CAP_NET_BIND_SERVICE (ports below 1024), also in the bounding set; no new privileges; no core
/// dump, no ptrace.
Expected<void, std::string> confine_broker();

}  // namespace kanmon::broker
