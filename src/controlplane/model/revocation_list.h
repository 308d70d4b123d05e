// The revocation list of an authority that is not ours, as it was uploaded for a server.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "controlplane/model/id.h"

namespace kanmon::model {

struct RevocationList {
    SslServerId id;  // of the server: it has one at most
    AccountId account;
    std::string number;  // hexadecimal, no leading zeros; empty where the list has none
    UnixTime this_update{};
    UnixTime next_update{};
    /// After `next_update` nobody enters until a newer list is there; else the old one goes on.
    bool refuse_when_expired = true;
    std::vector<std::string> serials;  // lower-case hexadecimal, no leading zeros
    friend bool operator==(const RevocationList&, const RevocationList&) = default;
};

/// As many as fit a request of the API.
inline constexpr std::size_t revocation_list_entries_max = 16384;

}  // namespace kanmon::model
