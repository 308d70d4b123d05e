// The API's own certificate: made at the first start, kept in the state folder.
//
// P-256, self-signed, for localhost, 127.0.0.1, ::1 and the given addresses; a command line trusts
// it by being given api.crt. An operator may replace both files by a pair of their own.
#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace kanmon::api {

/// Where clients of the API reach it.
struct CertificateAddresses {
    std::vector<Ipv4> v4;
    std::vector<Ipv6> v6;

    /// But for loopback, which is always named, and for "all addresses", which names none.
    void add(const Endpoint& listen);
};

struct ServerCertificate {
    std::string certificate_pem;
    SecretBuffer private_key_pem;
};

inline constexpr std::chrono::days server_certificate_lifetime{3650};

/// In memory. The error is one sentence.
Expected<ServerCertificate, std::string> make_server_certificate(
    const CertificateAddresses& addresses, UnixTime now);
/// A pair that somebody else made: PEM of the certificate and what leads to its authority, PEM of
/// the key. The error is one sentence with what to do.
Expected<ServerCertificate, std::string> read_server_certificate(
    const std::string& certificate_path, const std::string& key_path);
/// FOLDER/api.crt and FOLDER/api.key (mode 0600): read, or made and written when both are absent.
Expected<ServerCertificate, std::string> load_server_certificate(
    const std::string& folder, const CertificateAddresses& addresses, UnixTime now);

}  // namespace kanmon::api
