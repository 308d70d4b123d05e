// issue_certificate: a client certificate of a server's own authority, as if made at another time.
//
//     issue_certificate CONTROL_STATE vss-… COMMON_NAME SECONDS_FROM_NOW
//
// Prints certificate and key in PEM. For interop tests of certificates that expired or are not yet
// valid; reads the store and the master key of a running control process.
#include <cstdio>
#include <cstdlib>

#include "base/clock.h"
#include "base/random.h"
#include "controlplane/adapters/master_key_sealer.h"
#include "controlplane/adapters/openssl_authority.h"
#include "controlplane/adapters/sqlite_books.h"
#include "controlplane/usecases/server_rules.h"

namespace {

using namespace kanmon;

template <class T>
T or_die(model::Outcome<T> outcome) {
    if (outcome) return std::move(*outcome);
    std::fprintf(stderr, "issue_certificate: %s\n", outcome.error().message.c_str());
    std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fprintf(
            stderr, "usage: issue_certificate CONTROL_STATE SERVER COMMON_NAME SECONDS_FROM_NOW\n");
        return 2;
    }
    const std::string state = argv[1];
    SystemRandom random;
    const auto key = or_die(adapters::load_master_key(state + "/master.key", false, random));
    const auto sealer = adapters::make_sealer(key, random);
    const auto books = or_die(adapters::open_sqlite_books(state + "/kanmon.db"));
    const auto authority = adapters::make_openssl_authority(random);

    std::optional<model::SslServer> server;
    const auto looked =
        books->look([&](usecases::Ledger& ledger) { server = ledger.ssl_servers().find(argv[2]); });
    if (!looked || !server) {
        std::fprintf(stderr, "issue_certificate: no server %s in %s\n", argv[2], state.c_str());
        return 1;
    }
    const usecases::Issuer issuer{server->authority_pem,
                                  or_die(sealer->unseal(server->sealed_authority_key,
                                                        usecases::authority_context(server->id)))};
    const auto issued = or_die(authority->issue_client(
        issuer, argv[3], unix_now() + std::chrono::seconds(std::atoll(argv[4]))));
    std::printf("%s%s", issued.certificate_pem.c_str(),
                as_text(issued.private_key_pem.view()).c_str());
    return 0;
}
