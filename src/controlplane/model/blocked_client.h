// Somebody whom an operator sent away and does not want back for a while.
#pragma once

#include <chrono>
#include <string>

#include "base/time.h"
#include "controlplane/model/id.h"
#include "controlplane/model/outcome.h"

namespace kanmon::model {

inline constexpr std::chrono::minutes block_longest{10080};  // a week
inline constexpr std::size_t blocks_max = 1000;              // of a server at a time

struct BlockedClient {
    BlockedClientId id;  // `blocked_id`
    AccountId account;
    SslServerId server;
    std::string name;  // common name of a certificate, or a user
    UnixTime until{};
    UnixTime created_at{};
    std::string access_key;  // who did it
    friend bool operator==(const BlockedClient&, const BlockedClient&) = default;
};

inline BlockedClientId blocked_id(const SslServerId& server, const std::string& name) {
    return {server.text + "/" + name};
}

/// 1 to 10080. IllegalParam.BlockMinutes.
Outcome<std::chrono::minutes> check_block(std::int64_t minutes);

}  // namespace kanmon::model
