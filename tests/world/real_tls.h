// Real TLS for a few worlds: one authority, one server, a certificate for each client.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/crypto/tls.h"

namespace kanmon::world {

struct RealTls {
    std::shared_ptr<const crypto::TlsFactory> server;
    std::vector<std::shared_ptr<const crypto::TlsFactory>> clients;      // client-0 …
    std::vector<std::shared_ptr<const crypto::TlsFactory>> old_clients;  // at most TLS 1.2
};

RealTls make_real_tls(std::uint32_t clients);

}  // namespace kanmon::world
