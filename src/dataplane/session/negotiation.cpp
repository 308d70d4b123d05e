#include "dataplane/session/negotiation.h"

#include <algorithm>
#include <vector>

#include "base/escape.h"

namespace kanmon::session {

namespace {

using crypto::CipherSuite;
using Ciphers = std::vector<CipherSuite>;

constexpr std::size_t shown_ciphers_max = 120;
constexpr std::uint32_t tun_mtu_least = 576;  // what every IPv4 host must accept

/// Names this gateway does not implement cannot be chosen, so they are left out.
Ciphers known(const std::vector<std::string>& names) {
    Ciphers suites;
    for (const std::string& name : names)
        if (const auto suite = crypto::cipher_suite_of(name)) suites.push_back(*suite);
    return suites;
}

/// All ciphers of the server in its order; the one configured for old clients comes last.
Ciphers offered(const bridge::SslServer& server) {
    Ciphers suites = known(server.ciphers);
    std::erase(suites, CipherSuite::none);  // only ever by the operator's insistence, below
    if (const auto fallback = crypto::cipher_suite_of(server.fallback_cipher))
        suites.push_back(*fallback);
    return suites;
}

bool announces_ciphers(const wire::PeerInfo& peer) {
    return peer.ciphers_present || peer.ncp >= 2;
}

Ciphers announced(const wire::PeerInfo& peer, const wire::OptionsString& options) {
    if (peer.ciphers_present) return known(peer.ciphers);
    Ciphers suites;
    if (peer.ncp >= 2) suites = {CipherSuite::aes_256_gcm, CipherSuite::aes_128_gcm};
    if (const auto configured = crypto::cipher_suite_of(options.cipher))
        suites.push_back(*configured);
    return suites;
}

/// A client that can do AEAD never goes without a cipher, whatever it says beside.
Ciphers accepted(const wire::PeerInfo& peer, const wire::OptionsString& options) {
    Ciphers suites = announced(peer, options);
    if (std::ranges::any_of(suites, crypto::is_aead)) std::erase(suites, CipherSuite::none);
    return suites;
}

std::optional<CipherSuite> choose_cipher(const bridge::SslServer& server,
                                         const wire::PeerInfo& peer,
                                         const wire::OptionsString& options) {
    const Ciphers peers = accepted(peer, options);
    for (const CipherSuite suite : offered(server))
        if (std::ranges::find(peers, suite) != peers.end()) return suite;
    // A client that says nothing about its cipher is old; it may have the one that was configured.
    // One without a cipher would have said so.
    const bool silent = !announces_ciphers(peer) && options.cipher.empty();
    const auto fallback = crypto::cipher_suite_of(server.fallback_cipher);
    return silent && fallback != CipherSuite::none ? fallback : std::nullopt;
}

/// Flags are named to clients that understand them, and epochs start from exported keys only.
bool can_do_epochs(const Negotiated& agreed, const wire::PeerInfo& peer) {
    return peer.can(wire::Ability::data_epoch) && crypto::is_aead(agreed.cipher) &&
           agreed.protocol_flags && agreed.derivation == KeyDerivation::tls_ekm;
}

/// Only a client whose options name compression frames its packets: anybody else (the kernel's
/// driver above all) breaks on a pushed compression option.
wire::Framing choose_framing(const wire::PeerInfo& peer, const wire::OptionsString& options) {
    if (!options.comp_lzo) return wire::Framing::none;
    return peer.stub_v2 ? wire::Framing::stub_v2 : wire::Framing::lzo;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ":") + name;
    return text;
}

std::string refusal_text(const bridge::SslServer& server, const wire::PeerInfo& peer,
                         const wire::OptionsString& options) {
    std::string ours = joined(server.ciphers);
    if (!server.fallback_cipher.empty()) ours += (ours.empty() ? "" : ":") + server.fallback_cipher;
    std::string theirs = peer.ciphers_present ? joined(peer.ciphers) : options.cipher;
    if (theirs.empty()) theirs = "nothing";
    return "server offers " + ours + "; client offers " + escaped(theirs, shown_ciphers_max);
}

}  // namespace

Expected<Negotiated, Objection> negotiate(const bridge::SslServer& server,
                                          const wire::PeerInfo& peer,
                                          const wire::OptionsString& options) {
    if (options.mtu_dynamic) return unexpected(Objection{Cause::fragment_unsupported, {}});
    const auto cipher = choose_cipher(server, peer, options);
    if (!cipher)
        return unexpected(Objection{Cause::cipher_mismatch, refusal_text(server, peer, options)});

    Negotiated agreed;
    agreed.cipher = *cipher;
    agreed.digest = crypto::digest_of(server.digest).value_or(crypto::Digest::sha1);
    agreed.push_cipher = announces_ciphers(peer);
    agreed.data_v2 = peer.can(wire::Ability::data_v2);
    agreed.protocol_flags = peer.can(wire::Ability::cc_exit_notify);
    agreed.dynamic_tls_crypt = agreed.protocol_flags && peer.can(wire::Ability::dynamic_tls_crypt);
    if (peer.can(wire::Ability::tls_key_export)) agreed.derivation = KeyDerivation::tls_ekm;
    if (can_do_epochs(agreed, peer)) agreed.format = crypto::DataFormat::epoch;
    agreed.framing = choose_framing(peer, options);
    if (peer.mtu >= tun_mtu_least)
        agreed.tun_mtu = std::min<std::uint32_t>(server.tun_mtu, peer.mtu);
    return agreed;
}

std::string description(const Negotiated& agreed) {
    std::string text =
        "Data Channel: using negotiated cipher '" + std::string(name_of(agreed.cipher)) + "'";
    if (agreed.cipher == CipherSuite::none)
        text += " (WARNING: everybody on the way can read the tunnelled packets)";
    if (agreed.format == crypto::DataFormat::epoch) text += ", epoch keys";
    if (agreed.framing == wire::Framing::lzo) text += ", comp-lzo framing";
    if (agreed.framing == wire::Framing::stub_v2) text += ", stub-v2 framing";
    return text;
}

}  // namespace kanmon::session
