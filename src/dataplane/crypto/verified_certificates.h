// Certificates that this server's authority was seen to have signed: the same client comes back
// often, and its chain need not be verified again.
//
// Promises: an entry counts only while every certificate of its chain is valid; it belongs to one
//           TLS context and so to one authority and one list of revoked serials, and goes with it.
//           The client still proves that it holds the key.
// Owner:    any thread.
// Limits:   `certificates_max`; the oldest goes first.
#pragma once

#include <deque>
#include <mutex>
#include <unordered_map>

#include "dataplane/crypto/tls.h"

namespace kanmon::crypto {

using CertificateDigest = std::array<std::byte, 32>;  // SHA-256 of its DER

/// From the latest beginning to the earliest end of a chain's certificates.
struct ChainValidity {
    UnixTime not_before{};
    UnixTime not_after{};
};

class VerifiedCertificates {
public:
    static constexpr std::size_t certificates_max = 4096;

    /// Nothing for one that is not known, or not at this time.
    std::optional<PeerCertificate> find(const CertificateDigest& digest, UnixTime now) const;
    /// Of a certificate without objection.
    void add(const PeerCertificate& peer, const ChainValidity& validity);

private:
    struct Entry {
        PeerCertificate peer;
        ChainValidity validity;
    };
    struct Hash {
        std::size_t operator()(const CertificateDigest& digest) const;
    };

    mutable std::mutex mutex_;
    std::unordered_map<CertificateDigest, Entry, Hash> entries_;
    std::deque<CertificateDigest> by_age_;
};

}  // namespace kanmon::crypto
