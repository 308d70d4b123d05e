// A TLS double for the simulator: cheap, deterministic, and strict about whose octets it reads.
//
// Two or three flights with sizes like the real ones; the client's "certificate" is its name and
// serial in clear. Every record carries a tag over both hellos, its direction and its number, so
// that an octet of another session, a lost one or one that came twice ends the session with
// tls_failed, as in TLS. Exporters are a function of both randoms. It protects nothing from
// anybody.
//
//     record:  type u8 | length u16 | body | tag u64 (not in hellos)
#pragma once

#include <functional>
#include <memory>

#include "dataplane/crypto/tls.h"

namespace kanmon::world {

/// What the server thinks of a certificate beyond its signature (revoked, expired).
using Objection = std::function<std::optional<Cause>(const crypto::PeerCertificate&)>;

/// `seed` makes all randoms of the engines of this factory.
std::shared_ptr<const crypto::TlsFactory> scripted_server(std::uint64_t seed, Objection objection);

struct ScriptedClient {
    std::string common_name;
    std::string serial;
    bool three_flights = false;  // as TLS 1.2: the client hears the server's Finished last
};
std::shared_ptr<const crypto::TlsFactory> scripted_client(std::uint64_t seed,
                                                          ScriptedClient client);

}  // namespace kanmon::world
