// What swarm needs of a client's profile: where the server is, and who the client is.
//
// Read is what decides a connection; what only arranges the client's machine is passed over. Pure:
// files that the profile names come through `FileReader`.
// Errors are sentences that name the line or the option.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/envelope.h"
#include "dataplane/crypto/openssl_tls.h"

namespace kanmon::swarm {

struct Remote {
    std::string host;  // a name or an address
    std::uint16_t port = 1194;
    bool tcp = false;
};

struct Profile {
    std::vector<Remote> remotes;  // in the profile's order, at least one
    crypto::TlsClientCredentials credentials;
    client::ClientWrapping wrapping;
    bool wants_password = false;

    /// The first one of that protocol; null when there is none.
    const Remote* first(bool tcp) const;
};

/// The content of a file that the profile names, or why there is none.
using FileReader = std::function<Expected<std::string, std::string>(const std::string& name)>;

Expected<Profile, std::string> read_profile(std::string_view text, const FileReader& files);

}  // namespace kanmon::swarm
