// What makes the six known client programs differ on the wire, as a value.
//
// Source: transcripts of the real programs (tests/data/transcripts).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "dataplane/wire/compression.h"

namespace kanmon::client {

/// How a client acknowledges, repeats and cuts its control packets.
struct ControlHabits {
    bool repeats_acks = true;           // fills the places with ids it acknowledged before
    bool newest_ack_first = true;       // of the repeated ones
    bool lone_ack_after_reset = false;  // ACK_V1 for the server's reset, then a bare ClientHello
    unsigned acks_on_control = 4;
    unsigned acks_alone = 8;
    unsigned acks_alone_unwrapped = 4;
    unsigned send_window = 6;
    unsigned receive_window = 12;
    bool fast_retransmit = true;  // three acknowledgements of later packets
    Duration retransmit_first = 2s;
    bool retransmit_doubles = true;
    /// What of TLS fits into one packet on UDP, unwrapped and without acknowledgements.
    std::size_t piece_octets_max = 1208;
    bool acks_make_it_less = true;
    unsigned wrapping_makes_it_less = 1;  // so many times what the wrapping adds
    std::size_t less_on_streams = 0;
};

/// What wraps control packets, in the order in which programs learned it.
enum class KnownWrapping : std::uint8_t { none, tls_auth, tls_crypt, tls_crypt_v2 };

struct Personality {
    std::string_view name;
    ControlHabits control;
    KnownWrapping newest_wrapping = KnownWrapping::tls_crypt_v2;
    bool early_negotiation = true;  // tls-crypt-v2: shows its key again instead of being remembered
    bool dynamic_for_all = false;   // once dynamic tls-crypt is used, key id 0 is wrapped in it too
    bool answers_soft_reset = true;  // otherwise its ClientHello is packet 0 of the new key
    Duration gives_up_unanswered_after = 60s;
    std::string_view options;  // on UDP, without tls-auth
    std::string_view peer_info;
    std::string_view peer_info_renegotiated;
    Duration push_request_after = 1s;
    Duration push_request_every = 5s;
    std::string_view own_cipher = "AES-128-CBC";  // when none is pushed
    bool takes_updates = false;                   // PUSH_UPDATE, IV_PROTO bit 12
    bool takes_name_servers = false;              // in an update, and gives them to its system
    wire::Framing framing = wire::Framing::none;  // by its profile; a pushed one comes over it
    unsigned occ_exits = 2;  // how often the exit notice of the data channel is sent, one a second
};

extern const Personality openvpn_2_3;
extern const Personality openvpn_2_3_without_peer_ids;  // knows the data packets of 2.2 only
extern const Personality openvpn_2_4;
extern const Personality openvpn_2_4_without_negotiation;  // ncp-disable: CBC by its options string
extern const Personality openvpn_2_5;
extern const Personality openvpn_2_6;
extern const Personality openvpn_2_7;
extern const Personality openvpn_3;
extern const Personality openvpn_2_3_comp_lzo;  // comp-lzo in the profile
extern const Personality openvpn_2_4_comp_lzo;
extern const Personality openvpn_2_4_compress;  // compress lz4 in the profile

std::span<const Personality* const> personalities();

/// What of a profile shows in the options string.
struct Circumstances {
    bool stream = false;
    bool tls_auth = false;
    bool directed = false;  // its key has a direction
};

std::string options_string(const Personality& personality, const Circumstances& profile);

}  // namespace kanmon::client
