// What server and client agree on for the data channel, decided from what the client announced.
// Pure.
//
// Decided once, for the first key of a connection: clients leave out half of their announcements
// when they renegotiate (2.4 sends neither IV_NCP nor IV_CIPHERS then). Source: wire reference, 12
// and 24.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "bridge/causes.h"
#include "bridge/snapshot.h"
#include "dataplane/crypto/data_key.h"
#include "dataplane/wire/compression.h"
#include "dataplane/wire/peer_info.h"

namespace kanmon::session {

enum class KeyDerivation : std::uint8_t { prf, tls_ekm };

struct Negotiated {
    crypto::CipherSuite cipher = crypto::CipherSuite::aes_256_gcm;
    crypto::Digest digest = crypto::Digest::sha1;  // without AEAD; configured, never negotiated
    crypto::DataFormat format = crypto::DataFormat::classic;
    wire::Framing framing = wire::Framing::none;  // of both directions, once the client was pushed
    bool push_cipher = false;                     // the client can take a pushed cipher
    bool data_v2 = false;                         // the client can take a peer id
    KeyDerivation derivation = KeyDerivation::prf;
    bool protocol_flags = false;           // the client can take `protocol-flags`
    bool dynamic_tls_crypt = false;        // later keys are agreed under a wrapping of their own
    std::optional<std::uint32_t> tun_mtu;  // to be pushed
    friend bool operator==(const Negotiated&, const Negotiated&) = default;
};

/// Why a client cannot be served: the cause, and for its window what stands against it.
struct Objection {
    Cause cause = Cause::cipher_mismatch;
    std::string detail;
    friend bool operator==(const Objection&, const Objection&) = default;
};

/// Errors: cipher_mismatch, which names what each side offers; fragment_unsupported.
Expected<Negotiated, Objection> negotiate(const bridge::SslServer& server,
                                          const wire::PeerInfo& peer,
                                          const wire::OptionsString& options);

/// For the log: the sentence that clients write too, and what is out of the ordinary.
std::string description(const Negotiated& agreed);

}  // namespace kanmon::session
