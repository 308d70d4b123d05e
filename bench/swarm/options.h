// What the modes have in common on the command line, and what is made of it before they begin.
#pragma once

#include <string>
#include <vector>

#include "swarm/crowd.h"
#include "swarm/profile.h"

namespace kanmon::swarm {

/// More clients than one address has local ports cannot connect anyway.
inline constexpr std::uint32_t clients_max = 60000;

struct CommonOptions {
    std::vector<std::string> profiles;  // paths; clients take them in turn
    std::optional<bool> tcp;            // nothing: as the profile's first remote
    std::string ciphers = "AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305";
    std::string username, password_file;
    std::vector<std::string> sources;
    std::size_t burst = io::SendBatch::segments_max;
    std::uint32_t clients = 1;
    double per_second = 0;
    std::uint32_t renegotiate_seconds = 0;
    std::uint32_t give_up_seconds = 60;
};

/// Reads the profiles and resolves their servers. Errors are sentences that name the file, the
/// option or the address. What the settings point to is kept until the process ends.
Expected<CrowdPlan, std::string> make_plan(const CommonOptions& options);

/// Raises this process's limit of descriptors to what so many clients need.
Expected<void, std::string> make_room_for(std::uint32_t clients);

/// "IV_CIPHERS=…" of a personality's words replaced.
std::string with_ciphers(std::string_view peer_info, std::string_view ciphers);

}  // namespace kanmon::swarm
