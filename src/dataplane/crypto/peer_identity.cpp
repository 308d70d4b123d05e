#include "dataplane/crypto/peer_identity.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <ctime>

#include "dataplane/crypto/openssl_handle.h"

namespace kanmon::crypto {
namespace {

constexpr std::size_t common_name_octets_max = 64;
constexpr int serial_octets_max = 20;  // RFC 5280, 4.1.2.2

using Problem = std::string;

Expected<std::string, Problem> common_name_of(const X509_NAME* subject) {
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0) return unexpected(Problem("it has no common name"));
    if (X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
        return unexpected(Problem("it has more than one common name"));

    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(subject, at);
    for (int other = 0; other < X509_NAME_entry_count(subject); ++other)
        if (other != at &&
            X509_NAME_ENTRY_set(X509_NAME_get_entry(subject, other)) == X509_NAME_ENTRY_set(entry))
            return unexpected(Problem("its common name shares a set with another attribute"));

    const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
    const int type = ASN1_STRING_type(value);
    if (type != V_ASN1_UTF8STRING && type != V_ASN1_PRINTABLESTRING && type != V_ASN1_IA5STRING)
        return unexpected(Problem("its common name has an unusual string type"));
    const auto octets = static_cast<std::size_t>(ASN1_STRING_length(value));
    if (octets == 0 || octets > common_name_octets_max)
        return unexpected(Problem("its common name is empty or longer than 64 octets"));
    std::string name(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)), octets);
    for (const char letter : name)
        if (letter < 0x20 || letter > 0x7e)
            return unexpected(Problem("its common name is not printable ASCII"));
    return name;
}

Expected<std::string, Problem> serial_of(const X509* certificate) {
    const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
    const int octets = ASN1_STRING_length(serial);
    if (ASN1_STRING_type(serial) != V_ASN1_INTEGER || octets < 1 || octets > serial_octets_max)
        return unexpected(Problem("its serial number is negative or longer than 20 octets"));
    return to_hex(
        std::as_bytes(std::span(ASN1_STRING_get0_data(serial), static_cast<std::size_t>(octets))));
}

Expected<UnixTime, Problem> time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return unexpected(Problem("its validity is not a time"));
    using namespace std::chrono;
    const auto day = year(parts.tm_year + 1900) / (parts.tm_mon + 1) / parts.tm_mday;
    return sys_days(day) + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
}

}  // namespace

std::optional<std::string> normal_serial(std::string_view hexadecimal) {
    std::string normal;
    for (const char letter : hexadecimal) {
        const bool digit = letter >= '0' && letter <= '9';
        const bool lower = letter >= 'a' && letter <= 'f';
        const bool upper = letter >= 'A' && letter <= 'F';
        if (!digit && !lower && !upper) return std::nullopt;
        if (normal.empty() && letter == '0') continue;
        normal += upper ? static_cast<char>(letter - 'A' + 'a') : letter;
    }
    if (hexadecimal.empty()) return std::nullopt;
    return normal;
}

CertificateDigest digest_of(const x509_st* certificate) {
    CertificateDigest digest{};
    unsigned octets = 0;
    require(X509_digest(certificate, EVP_sha256(), octets_of(MutableBytes(digest)), &octets) == 1,
            "digesting a certificate");
    return digest;
}

Expected<ChainValidity, std::string> read_validity(const x509_st* certificate) {
    const auto not_before = time_of(X509_get0_notBefore(certificate));
    if (!not_before) return unexpected(not_before.error());
    const auto not_after = time_of(X509_get0_notAfter(certificate));
    if (!not_after) return unexpected(not_after.error());
    return ChainValidity{*not_before, *not_after};
}

Expected<PeerCertificate, std::string> read_identity(x509_st* certificate) {
    PeerCertificate peer;
    const auto name = common_name_of(X509_get_subject_name(certificate));
    if (!name) return unexpected(name.error());
    const auto serial = serial_of(certificate);
    if (!serial) return unexpected(serial.error());
    const auto validity = read_validity(certificate);
    if (!validity) return unexpected(validity.error());

    peer.common_name = *name;
    peer.serial = *serial;
    peer.not_before = validity->not_before;
    peer.not_after = validity->not_after;
    peer.sha256 = digest_of(certificate);
    return peer;
}

}  // namespace kanmon::crypto
