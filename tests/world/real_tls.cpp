#include "world/real_tls.h"

#include <fmt/format.h>

#include "dataplane/crypto/openssl_tls.h"
#include "dataplane/crypto/test_authority.h"
#include "world/judge.h"

namespace kanmon::world {

namespace {

UnixTime verification_time() {
    return unix_time_of(1'800'000'000);
}

std::shared_ptr<const crypto::TlsFactory> client_of(const testing::TestAuthority& authority,
                                                    const testing::Issued& issued,
                                                    crypto::TlsVersion newest) {
    const auto factory = crypto::openssl_client({.ca_certificate_pem = authority.certificate_pem(),
                                                 .certificate_pem = issued.certificate_pem,
                                                 .private_key_pem = issued.key_pem},
                                                verification_time, newest);
    require(factory.has_value(), "setup", factory ? "" : factory.error());
    return *factory;
}

}  // namespace

RealTls make_real_tls(std::uint32_t clients) {
    const testing::TestAuthority authority("world");
    const testing::Issued server = authority.issue(
        {.common_names = {"server"}, .purpose = testing::Purpose::server, .serial = 0xffffff});
    const auto factory = crypto::openssl_server({.ca_certificate_pem = authority.certificate_pem(),
                                                 .certificate_pem = server.certificate_pem,
                                                 .private_key_pem = server.key_pem,
                                                 .revoked_serials = {}},
                                                verification_time);
    require(factory.has_value(), "setup", factory ? "" : factory.error());
    RealTls tls{.server = *factory, .clients = {}, .old_clients = {}};
    for (std::uint32_t i = 0; i < clients; ++i) {
        const testing::Issued issued = authority.issue(
            {.common_names = {fmt::format("client-{}", i)}, .serial = static_cast<long>(i) + 1});
        tls.clients.push_back(client_of(authority, issued, crypto::TlsVersion::tls_1_3));
        tls.old_clients.push_back(client_of(authority, issued, crypto::TlsVersion::tls_1_2));
    }
    return tls;
}

}  // namespace kanmon::world
