#include "dataplane/crypto/verified_certificates.h"

#include <cstring>

namespace kanmon::crypto {

std::size_t VerifiedCertificates::Hash::operator()(const CertificateDigest& digest) const {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
}

std::optional<PeerCertificate> VerifiedCertificates::find(const CertificateDigest& digest,
                                                          UnixTime now) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(digest);
    if (found == entries_.end()) return std::nullopt;
    const auto& [peer, validity] = found->second;
    if (now < validity.not_before || now > validity.not_after) return std::nullopt;
    return peer;
}

void VerifiedCertificates::add(const PeerCertificate& peer, const ChainValidity& validity) {
    const std::lock_guard lock(mutex_);
    if (!entries_.try_emplace(peer.sha256, Entry{peer, validity}).second) return;
    by_age_.push_back(peer.sha256);
    if (by_age_.size() <= certificates_max) return;
    entries_.erase(by_age_.front());
    by_age_.pop_front();
}

}  // namespace kanmon::crypto
