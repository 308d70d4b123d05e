// A snapshot of one gateway with one SSL server, as control would make it.
#pragma once

#include "bridge/snapshot.h"

namespace kanmon::io {

inline const std::string sample_server_id = "vss-sample";

inline bridge::Snapshot sample_snapshot(std::uint64_t number) {
    bridge::SslServer server;
    server.id = sample_server_id;
    server.gateway_id = "vpn-sample";
    server.revision = "1";
    server.listeners = {{bridge::Transport::udp, Endpoint::v4(Ipv4{0x7f000001}, 0)}};
    server.client_pool = Cidr{Ipv4{0xc0a80000}, 24};
    server.ciphers = {"AES-256-GCM"};
    server.fallback_cipher = "AES-128-CBC";
    bridge::Snapshot snapshot;
    snapshot.number = number;
    snapshot.gateways = {{.id = "vpn-sample", .connections_max = 50, .bandwidth_mbit = 10}};
    snapshot.servers = {server};
    return snapshot;
}

}  // namespace kanmon::io
