// The SSL servers of the snapshots, each in a place that it keeps while the process runs.
//
// A place (shard::ServerIndex) is never given to another server: a server that disappears stays as
// a switched-off profile, so that late packets and answers cannot reach a wrong one. The TLS
// factory of a server is made once for its credentials and shared by all shards.
// Owner: the keeper's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/snapshot.h"
#include "dataplane/io/owner_table.h"
#include "dataplane/shard/shard.h"

namespace kanmon::io {

using TlsMaker = std::function<Expected<std::shared_ptr<const crypto::TlsFactory>, std::string>(
    const bridge::SslServer&)>;

class ServerSlots {
public:
    struct Slot {
        std::shared_ptr<const session::ServerProfile> profile;
        std::shared_ptr<TunnelOwners> owners;
        bool present = false;  // in the present snapshot

        const bridge::SslServer& server() const { return profile->server; }
    };

    explicit ServerSlots(TlsMaker make_tls) : make_tls_(std::move(make_tls)) {}

    void apply(const std::vector<bridge::SslServer>& servers);

    const std::vector<Slot>& slots() const { return slots_; }
    std::optional<shard::ServerIndex> index_of(const std::string& server_id) const;
    std::vector<std::shared_ptr<const session::ServerProfile>> profiles() const;
    std::vector<std::shared_ptr<const TunnelOwners>> owners() const;

private:
    Slot& slot_of(const std::string& server_id);
    void fill(Slot& slot, const bridge::SslServer& server);

    TlsMaker make_tls_;
    std::vector<Slot> slots_;
};

/// OpenSSL with the credentials of the server, verified at the machine's wall clock.
Expected<std::shared_ptr<const crypto::TlsFactory>, std::string> make_server_tls(
    const bridge::SslServer& server);

}  // namespace kanmon::io
