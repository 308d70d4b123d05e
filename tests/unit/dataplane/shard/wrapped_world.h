// Every kind of wrapping, and packets that only a client with its key can have written.
#pragma once

#include "dataplane/shard/doorway.h"
#include "dataplane/shard/wrong_key.h"
#include "world.h"

namespace kanmon::shard {

inline std::vector<client::WrappingPair> all_pairs() {
    using client::WrappingPair;
    return {WrappingPair(bridge::Wrapping::tls_auth, 1, "SHA1", true),
            WrappingPair(bridge::Wrapping::tls_auth, 2, "SHA256", true),
            WrappingPair(bridge::Wrapping::tls_auth, 3, "SHA512", true),
            WrappingPair(bridge::Wrapping::tls_auth, 4, "SHA1", false),
            WrappingPair(bridge::Wrapping::tls_crypt, 5),
            WrappingPair(bridge::Wrapping::tls_crypt_v2, 6)};
}

inline std::string name_of(const client::WrappingPair& pair) {
    constexpr std::array names{"none", "tls-auth", "tls-crypt", "tls-crypt-v2"};
    return std::string(names.at(static_cast<std::size_t>(pair.server().kind))) + " " +
           pair.server().digest + (pair.server().directed ? "" : " undirected");
}

/// What a client of this personality says first.
inline Buffer hello_of(const client::ClientWrapping& wrapping,
                       const client::Personality& who = client::openvpn_2_6) {
    SeededRandom random(7);
    client::ClientSettings program;
    program.personality = &who;
    program.tls = session::ScriptedTls::client(1);
    program.wrapping = wrapping;
    client::ClientEngine engine(std::move(program), random, Instant{1000h});
    return *engine.next_datagram();
}

/// Any packet, as the owner of this key would send it after `skipped` others.
inline Buffer sealed_by(const client::ClientWrapping& wrapping, const Buffer& packet,
                        std::uint32_t skipped = 0) {
    client::Envelope envelope(wrapping, client::openvpn_2_6, 1'750'000'000);
    for (std::uint32_t i = 0; i < skipped; ++i) envelope.wrap(0, packet);
    return envelope.wrap(0, packet);
}

}  // namespace kanmon::shard
