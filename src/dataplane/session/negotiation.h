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
#include "bridge/snapshot.h"
#include "dataplane/crypto/cipher_suite.h"
#include "dataplane/wire/peer_info.h"

namespace kanmon::session {

enum class KeyDerivation : std::uint8_t { prf, tls_ekm };

struct Negotiated {
    crypto::CipherSuite cipher = crypto::CipherSuite::aes_256_gcm;
    crypto::Digest digest = crypto::Digest::sha1;  // CBC only; configured, never negotiated
    bool push_cipher = false;                      // the client can take a pushed cipher
    bool data_v2 = false;                          // the client can take a peer id
    KeyDerivation derivation = KeyDerivation::prf;
    bool protocol_flags = false;           // the client can take `protocol-flags`
    bool dynamic_tls_crypt = false;        // later keys are agreed under a wrapping of their own
    std::optional<std::uint32_t> tun_mtu;  // to be pushed
    friend bool operator==(const Negotiated&, const Negotiated&) = default;
};

/// Errors: a sentence for the client's window that names what each side offers.
Expected<Negotiated, std::string> negotiate(const bridge::SslServer& server,
                                            const wire::PeerInfo& peer,
                                            const wire::OptionsString& options);

}  // namespace kanmon::session
