// The programs of one gateway, as settings want them. Floor 6.
#pragma once

#include <string>

#include "apps/child_process.h"
#include "apps/settings/settings.h"
#include "base/result.h"

namespace kanmon::apps {

/// Whom the programs run as.
struct Identities {
    uid_t data = 0;
    uid_t control = 0;
    gid_t group = 0;
};

/// Names are looked up in the system's books. The error is a sentence that says what to do.
Expected<Identities, std::string> find_identities(const Settings& settings);

struct Installation {
    Settings settings;
    Identities identities;
    std::string programs;             // the folder that they lie in
    std::string webhook_secret = {};  // what lies in events.webhook_secret_file
};

Program broker_program(const Installation& installation);
/// Takes away what brokers before may have left in the kernel, and ends.
Program removal_program(const Installation& installation);
Program control_program(const Installation& installation);
Program data_program(const Installation& installation);

std::string broker_socket(const Settings& settings);
std::string bridge_socket(const Settings& settings);
/// Where the programs say how they stand.
std::string notify_socket(const Settings& settings);

}  // namespace kanmon::apps
