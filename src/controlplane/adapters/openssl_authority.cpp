#include "controlplane/adapters/openssl_authority.h"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

#include "base/date.h"
#include "controlplane/adapters/client_key_v2.h"
#include "controlplane/adapters/imported_authority.h"
#include "controlplane/adapters/pem_text.h"
#include "controlplane/adapters/pkcs12.h"
#include "controlplane/adapters/sha256.h"
#include "controlplane/model/client_certificate.h"

namespace kanmon::adapters {

namespace {

using model::Outcome;
using usecases::BroughtAuthority;
using usecases::BroughtRevocationList;
using usecases::Issued;
using usecases::Issuer;

struct Purpose {
    const char* basic_constraints;
    const char* key_usage;
    const char* extended_key_usage;  // nullptr: none
    std::chrono::seconds lifetime;
};

constexpr Purpose authority_purpose{"critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign",
                                    nullptr, authority_lifetime};
/// OpenVPN 2.3's `remote-cert-tls server` wants key agreement beside the signature.
constexpr Purpose server_purpose{"critical,CA:FALSE", "critical,digitalSignature,keyAgreement",
                                 "serverAuth", server_certificate_lifetime};
constexpr Purpose client_purpose{"critical,CA:FALSE", "critical,digitalSignature", "clientAuth",
                                 model::client_certificate_lifetime};

Unexpected<model::Refusal> failed(const char* what) {
    ERR_clear_error();
    return model::unavailable(std::string("The certificate authority could not ") + what + ".");
}

Unexpected<model::Refusal> ended(UnixTime not_after) {
    return model::refuse(
        "DependencyViolation",
        fmt::format("The authority of this SSL server ended on {}, and nobody would take what it "
                    "signs; import another (ImportSslVpnServerCa), or make another server.",
                    date_text(not_after)));
}

SecretBuffer key_pem_of(EVP_PKEY* key) {
    const Bio bio(BIO_new(BIO_s_secmem()));
    if (!bio ||
        PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return {};
    return secret_text(bio.get());
}

/// Ed25519 hashes by itself and takes no other hash.
const EVP_MD* signing_hash(EVP_PKEY* key) {
    const bool none = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
    return none ? nullptr : EVP_sha256();
}

/// 128 bits without the top one (a positive number) and with the next one set (never short).
bool set_serial(X509* certificate, Random& random, std::string& text) {
    auto octets = random.array<16>();
    octets[0] = (octets[0] & std::byte{0x3f}) | std::byte{0x40};
    const BigNumber number(
        BN_bin2bn(reinterpret_cast<const unsigned char*>(octets.data()), octets.size(), nullptr));
    text = to_hex(octets);
    return number &&
           BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_subject(X509* certificate, const std::string& common_name) {
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(common_name.data()),
                                      static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
    X509V3_CTX context{};
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// An authority from elsewhere may have none to refer to.
bool has_key_identifier(X509* issuer) {
    return X509_get_ext_by_NID(issuer, NID_subject_key_identifier, -1) >= 0;
}

bool add_extensions(X509* certificate, X509* issuer, const Purpose& purpose) {
    return add_extension(certificate, issuer, NID_basic_constraints, purpose.basic_constraints) &&
           add_extension(certificate, issuer, NID_key_usage, purpose.key_usage) &&
           add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
           (!has_key_identifier(issuer) ||
            add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always")) &&
           (!purpose.extended_key_usage ||
            add_extension(certificate, issuer, NID_ext_key_usage, purpose.extended_key_usage));
}

class OpensslAuthority final : public usecases::Authority {
public:
    explicit OpensslAuthority(Random& random) : random_(random) {}

    Outcome<Issued> make_authority(const std::string& common_name, UnixTime now) override {
        return issue(nullptr, common_name, authority_purpose, now);
    }
    Outcome<Issued> issue_server(const Issuer& issuer, const std::string& common_name,
                                 UnixTime now) override {
        return issue(&issuer, common_name, server_purpose, now);
    }
    Outcome<Issued> issue_client(const Issuer& issuer, const std::string& common_name,
                                 UnixTime now) override {
        return issue(&issuer, common_name, client_purpose, now);
    }

    Outcome<BroughtAuthority> read_authority(const std::string& certificates_pem,
                                             const SecretBuffer& private_key_pem,
                                             UnixTime now) override {
        return adapters::read_authority(certificates_pem, private_key_pem, now);
    }
    Outcome<BroughtRevocationList> read_revocation_list(const std::string& pem,
                                                        const std::string& authority_pem,
                                                        UnixTime now) override {
        return adapters::read_revocation_list(pem, authority_pem, now);
    }
    bool same_signer(const std::string& one_pem, const std::string& other_pem) override {
        const auto one = certificates_of(one_pem, 1);
        const auto other = certificates_of(other_pem, 1);
        if (one.empty() || other.empty()) return false;
        return X509_NAME_cmp(X509_get_subject_name(one.front().get()),
                             X509_get_subject_name(other.front().get())) == 0 &&
               EVP_PKEY_eq(X509_get0_pubkey(one.front().get()),
                           X509_get0_pubkey(other.front().get())) == 1;
    }
    Outcome<UnixTime> end_of(const std::string& certificates_pem) override {
        UnixTime earliest = UnixTime::max();
        for (const Certificate& one : certificates_of(certificates_pem, authority_chain_max + 1))
            earliest = std::min(earliest, time_of(X509_get0_notAfter(one.get())));
        if (earliest == UnixTime::max()) return failed("read a certificate of its own");
        return earliest;
    }
    Outcome<SecretBuffer> pkcs12(const Issued& issued, const std::string& authority_pem,
                                 const std::string& name, const SecretBuffer& password) override {
        return make_pkcs12(issued, authority_pem, name, password);
    }

    std::string digest(const std::string& text) override { return sha256_text(text); }

    Outcome<SecretBuffer> wrapped_client_key(const SecretBuffer& server_key,
                                             const std::string& client) override {
        return client_key_v2(server_key.view(), client);
    }

private:
    /// Signed by `issuer`, or by itself without one.
    Outcome<Issued> issue(const Issuer* issuer, const std::string& common_name,
                          const Purpose& purpose, UnixTime now) {
        Certificate signer;
        Key signer_key;
        if (issuer) {
            auto certificates = certificates_of(issuer->certificate_pem, 1);
            if (!certificates.empty()) signer = std::move(certificates.front());
            signer_key = key_of(issuer->private_key_pem.view());
            if (!signer || !signer_key) return failed("read its own key");
        }
        const Key key(EVP_EC_gen("P-256"));
        const Certificate made(X509_new());
        if (!key || !made) return failed("make a key");
        UnixTime not_after = now + purpose.lifetime;
        if (signer) not_after = std::min(not_after, time_of(X509_get0_notAfter(signer.get())));
        if (not_after <= now) return ended(not_after);
        X509* above = signer ? signer.get() : made.get();
        EVP_PKEY* signing = signer ? signer_key.get() : key.get();
        Issued issued;
        const bool filled = X509_set_version(made.get(), X509_VERSION_3) == 1 &&
                            set_serial(made.get(), random_, issued.serial) &&
                            set_subject(made.get(), common_name) &&
                            X509_set_issuer_name(made.get(), X509_get_subject_name(above)) == 1 &&
                            ASN1_TIME_set(X509_getm_notBefore(made.get()),
                                          seconds_of(now - certificate_backdating)) &&
                            ASN1_TIME_set(X509_getm_notAfter(made.get()), seconds_of(not_after)) &&
                            X509_set_pubkey(made.get(), key.get()) == 1 &&
                            add_extensions(made.get(), above, purpose) &&
                            X509_sign(made.get(), signing, signing_hash(signing)) > 0;
        if (!filled) return failed("make the certificate");
        issued.certificate_pem = pem_of(made.get());
        issued.private_key_pem = key_pem_of(key.get());
        issued.not_after = not_after;
        if (issued.certificate_pem.empty() || issued.private_key_pem.empty())
            return failed("write the certificate");
        return issued;
    }

    Random& random_;
};

}  // namespace

std::unique_ptr<usecases::Authority> make_openssl_authority(Random& random) {
    return std::make_unique<OpensslAuthority>(random);
}

}  // namespace kanmon::adapters
