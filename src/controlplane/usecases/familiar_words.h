// A record of the log in the words that OpenVPN's own server writes, which people search the web
// for and the original's console shows.
//
// Promises: one record is one line of printable ASCII, whatever peers have sent.
#pragma once

#include <string>

#include "bridge/messages.h"

namespace kanmon::usecases {

/// "2026-11-23 08:00:00 vsc-1/203.0.113.7:4711 VERIFY ERROR: depth=0, error=certificate has
/// expired: CN=vsc-1 (certificate_expired)". Behind refusals and ends stands the code of the cause.
std::string attempt_line(const bridge::AttemptRecord& record);

}  // namespace kanmon::usecases
