// Asks the machine for the time. Rim code only (floors 4 and 5); pure code gets times as arguments.
#pragma once

#include "base/time.h"

namespace kanmon {

Instant boot_now();
UnixTime unix_now();

}  // namespace kanmon
