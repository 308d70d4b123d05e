#include "controlplane/adapters/imported_authority.h"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

#include "base/date.h"
#include "base/escape.h"
#include "controlplane/adapters/pem_text.h"

namespace kanmon::adapters {

namespace {

using model::Outcome;
using usecases::BroughtAuthority;
using usecases::BroughtRevocationList;

using RevocationListObject = std::unique_ptr<X509_CRL, Freed<X509_CRL_free>>;

constexpr int security_bits_least = 112;  // RSA of 2048 bits, curves of 224, hashes of SHA-2
constexpr int serial_octets_max = 20;     // RFC 5280, 4.1.2.2
constexpr std::chrono::minutes clock_difference{10};

Unexpected<model::Refusal> bad_certificate(const std::string& message) {
    ERR_clear_error();
    return model::illegal("CaCertificate", message);
}
Unexpected<model::Refusal> bad_key(const std::string& message) {
    ERR_clear_error();
    return model::illegal("CaPrivateKey", message);
}
Unexpected<model::Refusal> bad_list(const std::string& message) {
    ERR_clear_error();
    return model::illegal("Crl", message);
}

std::string name_of(const X509_NAME* name) {
    const Bio bio(BIO_new(BIO_s_mem()));
    if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return "?";
    return escaped(content_of(bio.get()), 200);
}

/// What is wrong with one certificate of the chain by itself; `below` others stand under it.
Outcome<void> check_one(X509* certificate, int below, UnixTime now) {
    const std::string who = name_of(X509_get_subject_name(certificate));
    // First: OpenSSL calls nothing an authority that may not sign.
    if ((X509_get_key_usage(certificate) & KU_KEY_CERT_SIGN) == 0)
        return bad_certificate(
            fmt::format("CaCertificate: {} may not sign certificates; its keyUsage needs "
                        "keyCertSign.",
                        who));
    if (X509_check_ca(certificate) != 1)
        return bad_certificate(
            fmt::format("CaCertificate: {} is not an authority (basicConstraints CA:TRUE); send "
                        "the authority's certificate, not one that it signed.",
                        who));
    const long path = X509_get_pathlen(certificate);
    if (path >= 0 && path < below)
        return bad_certificate(
            fmt::format("CaCertificate: {} allows {} authorities below it and {} are there; its "
                        "basicConstraints need pathlen:{}, or none.",
                        who, path, below, below));
    const UnixTime from = time_of(X509_get0_notBefore(certificate));
    const UnixTime until = time_of(X509_get0_notAfter(certificate));
    if (now < from || now > until)
        return bad_certificate(fmt::format(
            "CaCertificate: {} is valid from {} to {}, and that is not today; send one that is.",
            who, date_text(from), date_text(until)));
    if (EVP_PKEY_get_security_bits(X509_get0_pubkey(certificate)) < security_bits_least)
        return bad_certificate(
            fmt::format("CaCertificate: the key of {} is too weak; RSA of 2048 bits, P-256 or "
                        "Ed25519 would do.",
                        who));
    return {};
}

/// Signatures by SHA-1 are refused by every client of today, but for the root's own.
bool is_signed_well(X509* certificate) {
    int bits = 0;
    return X509_get_signature_info(certificate, nullptr, nullptr, &bits, nullptr) == 1 &&
           bits >= security_bits_least;
}

Outcome<void> check_link(X509* below, X509* above) {
    const std::string who = name_of(X509_get_subject_name(below));
    if (X509_check_issued(above, below) != X509_V_OK ||
        X509_verify(below, X509_get0_pubkey(above)) != 1)
        return bad_certificate(
            fmt::format("CaCertificate: {} is not signed by the next certificate, {}; put each "
                        "before the one that signed it, its root last.",
                        who, name_of(X509_get_subject_name(above))));
    if (!is_signed_well(below))
        return bad_certificate(
            fmt::format("CaCertificate: {} is signed with a hash that clients no longer accept; "
                        "SHA-256 would do.",
                        who));
    return {};
}

Outcome<void> check_chain(const std::vector<Certificate>& chain, UnixTime now) {
    for (std::size_t i = 0; i < chain.size(); ++i)
        if (auto fine = check_one(chain[i].get(), static_cast<int>(i), now); !fine) return fine;
    for (std::size_t i = 0; i + 1 < chain.size(); ++i)
        if (auto fine = check_link(chain[i].get(), chain[i + 1].get()); !fine) return fine;
    X509* root = chain.back().get();
    if (X509_check_issued(root, root) != X509_V_OK ||
        X509_verify(root, X509_get0_pubkey(root)) != 1)
        return bad_certificate(
            fmt::format("CaCertificate ends with {}, which another authority signed; append the "
                        "certificate of {}, clients need the chain to its root.",
                        name_of(X509_get_subject_name(root)), name_of(X509_get_issuer_name(root))));
    return {};
}

Outcome<void> check_key(X509* certificate, const SecretBuffer& private_key_pem) {
    if (text_view(private_key_pem.view()).find("ENCRYPTED") != std::string_view::npos)
        return bad_key(
            "CaPrivateKey is encrypted; send it in clear, as 'openssl pkey -in KEY' writes it: "
            "here it is sealed at once.");
    const Key key = key_of(private_key_pem.view());
    if (!key)
        return bad_key(
            "CaPrivateKey is no private key in PEM; one begins with -----BEGIN PRIVATE KEY-----.");
    if (X509_check_private_key(certificate, key.get()) != 1)
        return bad_key(
            fmt::format("CaPrivateKey is not the key of CaCertificate's first certificate, {}; "
                        "send the key that belongs to it.",
                        name_of(X509_get_subject_name(certificate))));
    return {};
}

std::string serial_text(const ASN1_INTEGER* serial) {
    const BigNumber number(ASN1_INTEGER_to_BN(serial, nullptr));
    std::string text;
    if (!number) return text;
    Buffer octets(static_cast<std::size_t>(BN_num_bytes(number.get())));
    BN_bn2bin(number.get(), static_cast<unsigned char*>(static_cast<void*>(octets.data())));
    text = to_hex(octets);
    text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
    return text.empty() ? "0" : text;
}

Outcome<std::vector<std::string>> serials_of(X509_CRL* list) {
    std::vector<std::string> serials;
    const STACK_OF(X509_REVOKED)* entries = X509_CRL_get_REVOKED(list);
    const int count = std::max(sk_X509_REVOKED_num(entries), 0);
    if (static_cast<std::size_t>(count) > model::revocation_list_entries_max)
        return bad_list(
            fmt::format("Crl has {} entries; {} fit. Leave out those that have expired.", count,
                        model::revocation_list_entries_max));
    for (int i = 0; i < count; ++i) {
        const ASN1_INTEGER* serial =
            X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(entries, i));
        if (ASN1_STRING_type(serial) != V_ASN1_INTEGER ||
            ASN1_STRING_length(serial) > serial_octets_max)
            return bad_list(
                fmt::format("Crl names in entry {} a serial number that is negative or longer "
                            "than 20 octets; no certificate may have it.",
                            i + 1));
        serials.push_back(serial_text(serial));
    }
    std::ranges::sort(serials);
    serials.erase(std::unique(serials.begin(), serials.end()), serials.end());
    return serials;
}

/// A delta list, or one of a part of the certificates: read as a whole one it would let others in.
Outcome<void> check_extensions(X509_CRL* list) {
    for (int i = 0; i < X509_CRL_get_ext_count(list); ++i) {
        X509_EXTENSION* extension = X509_CRL_get_ext(list, i);
        if (X509_EXTENSION_get_critical(extension) == 0) continue;
        const int kind = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
        const char* known = kind == NID_undef ? nullptr : OBJ_nid2sn(kind);
        return bad_list(
            fmt::format("Crl has the critical extension {}; upload the authority's whole list, "
                        "which needs none (no delta, no part).",
                        known == nullptr ? "of an unknown kind" : known));
    }
    return {};
}

Outcome<void> check_signature(X509_CRL* list, X509* authority) {
    if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(authority)) != 0)
        return bad_list(fmt::format(
            "Crl is of {} and the server's authority is {}; upload that "
            "one's list.",
            name_of(X509_CRL_get_issuer(list)), name_of(X509_get_subject_name(authority))));
    if (X509_CRL_verify(list, X509_get0_pubkey(authority)) != 1)
        return bad_list(
            fmt::format("Crl is not signed by the key of {}; upload the list as the "
                        "authority wrote it.",
                        name_of(X509_get_subject_name(authority))));
    return {};
}

}  // namespace

Outcome<BroughtAuthority> read_authority(const std::string& certificates_pem,
                                         const SecretBuffer& private_key_pem, UnixTime now) {
    if (certificates_pem.find("PRIVATE KEY") != std::string::npos)
        return bad_certificate(
            "CaCertificate holds a private key; send certificates there and the key as "
            "CaPrivateKey.");
    const auto chain = certificates_of(certificates_pem, authority_chain_max + 1);
    if (chain.empty())
        return bad_certificate(
            "CaCertificate holds no certificate in PEM; one begins with "
            "-----BEGIN CERTIFICATE-----.");
    if (chain.size() > authority_chain_max)
        return bad_certificate(
            fmt::format("CaCertificate holds more than {} certificates; send the authority's and "
                        "those above it only.",
                        authority_chain_max));
    if (auto fine = check_chain(chain, now); !fine) return unexpected(fine.error());
    if (!private_key_pem.empty())
        if (auto fits = check_key(chain.front().get(), private_key_pem); !fits)
            return unexpected(fits.error());
    BroughtAuthority brought;
    brought.not_after = UnixTime::max();
    for (const Certificate& one : chain) {
        brought.chain_pem += pem_of(one.get());
        brought.not_after = std::min(brought.not_after, time_of(X509_get0_notAfter(one.get())));
    }
    ERR_clear_error();
    return brought;
}

Outcome<BroughtRevocationList> read_revocation_list(const std::string& pem,
                                                    const std::string& authority_pem,
                                                    UnixTime now) {
    const auto authority = certificates_of(authority_pem, 1);
    if (authority.empty()) return model::unavailable("The server's authority cannot be read.");
    const Bio bio = borrowed(as_bytes(pem));
    const RevocationListObject list(
        bio ? PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr) : nullptr);
    if (!list)
        return bad_list(
            "Crl holds no revocation list in PEM; one begins with -----BEGIN X509 CRL-----.");
    if (auto fine = check_signature(list.get(), authority.front().get()); !fine)
        return unexpected(fine.error());
    if (auto fine = check_extensions(list.get()); !fine) return unexpected(fine.error());
    BroughtRevocationList brought;
    brought.this_update = time_of(X509_CRL_get0_lastUpdate(list.get()));
    brought.next_update = time_of(X509_CRL_get0_nextUpdate(list.get()));
    if (brought.this_update > now + clock_difference)
        return bad_list(
            fmt::format("Crl is of {}, which is ahead; check the clock of whoever "
                        "wrote it and of this gateway.",
                        date_text(brought.this_update)));
    if (brought.next_update <= now)
        return bad_list(fmt::format(
            "Crl {}; upload one whose next update lies ahead.",
            brought.next_update == UnixTime()
                ? std::string("names no next update")
                : fmt::format("was to be replaced by {}", date_text(brought.next_update))));
    const std::unique_ptr<ASN1_INTEGER, Freed<ASN1_INTEGER_free>> number(static_cast<ASN1_INTEGER*>(
        X509_CRL_get_ext_d2i(list.get(), NID_crl_number, nullptr, nullptr)));
    if (number) brought.number = serial_text(number.get());
    auto serials = serials_of(list.get());
    if (!serials) return unexpected(serials.error());
    brought.serials = std::move(*serials);
    ERR_clear_error();
    return brought;
}

}  // namespace kanmon::adapters
