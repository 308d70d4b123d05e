// `kanmon backup` and `kanmon restore`: the only commands that work on the gateway's own files, on
// its machine, and not by its API.
//
// A backup holds the store, the master key that opens its secrets, the API's own certificate and
// key, and the installation's access key; no settings nor what they name, no log, no meters.
#pragma once

#include <string>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace kanmon::apps {

struct GatewayBackup {
    std::string state;  // kanmond's state directory
    std::string file;
    SecretBuffer passphrase;
};

/// While the gateway runs or not. What was done, or why not, as one sentence.
Expected<std::string, std::string> back_up(const GatewayBackup& backup, Random& random);

/// Only while the gateway is stopped, and over a store only when told to `replace` it; the former
/// files are kept in STATE/control.replaced then. All or nothing. One sentence as above.
Expected<std::string, std::string> restore(const GatewayBackup& backup, bool replace,
                                           Random& random);

}  // namespace kanmon::apps
