#include "controlplane/adapters/imported_authority.h"

#include <gmock/gmock.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "controlplane/adapters/openssl_authority.h"
#include "controlplane/adapters/pem_text.h"

namespace kanmon::adapters {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Key new_key(const char* kind = "P-256") {
    if (std::string_view(kind) == "RSA-1024") return Key(EVP_RSA_gen(1024));
    if (std::string_view(kind) == "RSA-2048") return Key(EVP_RSA_gen(2048));
    if (std::string_view(kind) == "ED25519")
        return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    return Key(EVP_EC_gen(kind));
}

std::string text_of(EVP_PKEY* key) {
    const Bio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return as_text(secret_text(bio.get()).view());
}

const EVP_MD* hash_for(EVP_PKEY* key) {
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256();
}

struct Wish {
    std::string name = "Their CA";
    std::string constraints = "critical,CA:TRUE";
    std::string usage = "critical,keyCertSign,cRLSign";
    std::chrono::seconds from = -std::chrono::hours(1);
    std::chrono::seconds until = std::chrono::days(100);
    const EVP_MD* hash = EVP_sha256();
};

class Brought : public testing::Test {
protected:
    /// By itself where there is no issuer.
    Certificate make(const Wish& wish, EVP_PKEY* own, X509* issuer = nullptr,
                     EVP_PKEY* issuer_key = nullptr) {
        Certificate made(X509_new());
        X509* above = issuer ? issuer : made.get();
        X509_set_version(made.get(), X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serials);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1,
                                   -1, 0);
        X509_set_issuer_name(made.get(), X509_get_subject_name(above));
        ASN1_TIME_set(X509_getm_notBefore(made.get()), seconds_of(now + wish.from));
        ASN1_TIME_set(X509_getm_notAfter(made.get()), seconds_of(now + wish.until));
        X509_set_pubkey(made.get(), own);
        for (const auto& [kind, value] : {std::pair(NID_basic_constraints, wish.constraints),
                                          std::pair(NID_key_usage, wish.usage)}) {
            if (value.empty()) continue;
            const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
            X509_add_ext(made.get(), extension.get(), -1);
        }
        EVP_PKEY* signing = issuer_key ? issuer_key : own;
        X509_sign(made.get(), signing, hash_for(signing) ? wish.hash : nullptr);
        ERR_clear_error();
        return made;
    }
    std::string refusal(const std::string& pem, const std::string& key_pem = {}) {
        const auto read = read_authority(pem, SecretBuffer(as_bytes(key_pem)), now);
        return read ? "accepted" : read.error().code + ": " + read.error().message;
    }
    std::string made_and_refused(const Wish& wish) {
        return refusal(pem_of(make(wish, key.get()).get()), text_of(key.get()));
    }

    UnixTime now = unix_time_of(1'790'000'000);
    long serials = 0;
    Key key = new_key();
    Certificate root = make({}, key.get());
    std::string root_pem = pem_of(root.get());
};

TEST_F(Brought, AuthoritiesWithOrWithoutTheirKeyAreTaken) {
    const auto read = read_authority("some words\n" + root_pem, {}, now);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->chain_pem, root_pem);
    EXPECT_EQ(read->not_after, now + std::chrono::days(100));
    EXPECT_EQ(refusal(root_pem, text_of(key.get())), "accepted");
}

TEST_F(Brought, ARenewedAuthorityIsTheSameSignerAndAnotherKeyOrNameIsNot) {
    SeededRandom random{5};
    const auto authority = make_openssl_authority(random);
    const std::string renewed = pem_of(make({.until = std::chrono::days(900)}, key.get()).get());
    EXPECT_NE(renewed, root_pem);
    EXPECT_TRUE(authority->same_signer(root_pem, renewed + root_pem));
    EXPECT_FALSE(authority->same_signer(root_pem, pem_of(make({}, new_key().get()).get())));
    EXPECT_FALSE(
        authority->same_signer(root_pem, pem_of(make({.name = "Another CA"}, key.get()).get())));
    EXPECT_FALSE(authority->same_signer(root_pem, {}));
}

TEST_F(Brought, AuthoritiesOfEveryUsualKindSignCertificatesThatVerify) {
    SeededRandom random{5};
    const auto authority = make_openssl_authority(random);
    for (const char* kind : {"P-256", "P-384", "RSA-2048", "ED25519"}) {
        const Key their_key = new_key(kind);
        const std::string pem = pem_of(make({}, their_key.get()).get());
        ASSERT_EQ(refusal(pem, text_of(their_key.get())), "accepted") << kind;
        const auto issued = authority->issue_client(
            {pem, SecretBuffer(as_bytes(text_of(their_key.get())))}, "vsc-1", now);
        ASSERT_TRUE(issued) << kind;
        EXPECT_EQ(
            X509_verify(certificates_of(issued->certificate_pem, 1).front().get(), their_key.get()),
            1)
            << kind;
    }
}

TEST_F(Brought, AChainIsTakenInItsOrderAndToItsRoot) {
    const Key below_key = new_key();
    const std::string below =
        pem_of(make({.name = "Branch"}, below_key.get(), root.get(), key.get()).get());
    const auto read = read_authority(below + root_pem, SecretBuffer(), now);
    ASSERT_TRUE(read);
    EXPECT_EQ(model::issuing_certificate(read->chain_pem), below);
    EXPECT_EQ(model::chain_without_root(read->chain_pem), below);
    EXPECT_EQ(refusal(below + root_pem, text_of(below_key.get())), "accepted");
    EXPECT_THAT(refusal(below), HasSubstr("append the certificate of CN=Their CA"));
    EXPECT_THAT(refusal(root_pem + below), HasSubstr("its root last"));
    EXPECT_THAT(refusal(below + root_pem, text_of(key.get())), HasSubstr("CaPrivateKey"));
    std::string many = root_pem;
    for (int i = 0; i < 4; ++i) many += root_pem;
    EXPECT_THAT(refusal(many), HasSubstr("more than 4"));
}

TEST_F(Brought, EveryBadAuthorityIsRefusedByFieldRuleAndWhatWouldWork) {
    EXPECT_THAT(refusal("nonsense"), HasSubstr("IllegalParam.CaCertificate"));
    EXPECT_THAT(refusal("nonsense"), HasSubstr("-----BEGIN CERTIFICATE-----"));
    EXPECT_THAT(refusal(root_pem + text_of(key.get())), HasSubstr("the key as CaPrivateKey"));
    EXPECT_THAT(made_and_refused({.constraints = "critical,CA:FALSE"}), HasSubstr("CA:TRUE"));
    EXPECT_THAT(made_and_refused({.constraints = ""}), HasSubstr("CA:TRUE"));
    EXPECT_THAT(made_and_refused({.usage = "critical,cRLSign"}), HasSubstr("keyCertSign"));
    EXPECT_THAT(made_and_refused({.until = -std::chrono::seconds(1)}), HasSubstr("not today"));
    EXPECT_THAT(made_and_refused({.from = std::chrono::days(1)}), HasSubstr("not today"));
    const Key weak = new_key("RSA-1024");
    EXPECT_THAT(refusal(pem_of(make({}, weak.get()).get())), HasSubstr("2048"));
    const Key below = new_key();
    const std::string sha1 = pem_of(
        make({.name = "Branch", .hash = EVP_sha1()}, below.get(), root.get(), key.get()).get());
    EXPECT_THAT(refusal(sha1 + root_pem), HasSubstr("SHA-256"));
    const std::string forged =
        pem_of(make({.name = "Branch"}, below.get(), root.get(), new_key().get()).get());
    EXPECT_THAT(refusal(forged + root_pem), HasSubstr("is not signed by the next certificate"));
    const Certificate narrow = make({.constraints = "critical,CA:TRUE,pathlen:0"}, key.get());
    const std::string under =
        pem_of(make({.name = "Branch"}, below.get(), narrow.get(), key.get()).get());
    EXPECT_THAT(refusal(under + pem_of(narrow.get())), HasSubstr("pathlen:1"));
}

TEST_F(Brought, EveryBadKeyIsRefusedByFieldRuleAndWhatWouldWork) {
    EXPECT_THAT(refusal(root_pem, "nonsense"), HasSubstr("IllegalParam.CaPrivateKey"));
    EXPECT_THAT(refusal(root_pem, "nonsense"), HasSubstr("-----BEGIN PRIVATE KEY-----"));
    EXPECT_THAT(refusal(root_pem, text_of(new_key().get())), HasSubstr("not the key of"));
    const Bio bio(BIO_new(BIO_s_mem()));
    std::string word = "password";
    PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), EVP_aes_128_cbc(), word.data(),
                                  static_cast<int>(word.size()), nullptr, nullptr);
    EXPECT_THAT(refusal(root_pem, as_text(secret_text(bio.get()).view())),
                HasSubstr("openssl pkey -in KEY"));
}

TEST_F(Brought, ASpoiledAuthorityNeverPassesForAnother) {
    for (std::size_t i = 40; i + 40 < root_pem.size(); i += 7) {
        std::string spoiled = root_pem;
        spoiled[i] = spoiled[i] == 'A' ? 'B' : 'A';
        if (spoiled != root_pem) {
            EXPECT_NE(refusal(spoiled, text_of(key.get())), "accepted") << i;
        }
    }
    EXPECT_EQ(ERR_peek_error(), 0u);
}

// --- revocation lists ----------------------------------------------------------------------------

using List = std::unique_ptr<X509_CRL, Freed<X509_CRL_free>>;

struct ListWish {
    std::vector<long> serials = {};
    std::chrono::seconds of = -std::chrono::hours(1);
    std::chrono::seconds next = std::chrono::days(7);
    long number = 18;
    bool delta = false;
};

class Lists : public Brought {
protected:
    std::string list(const ListWish& wish, EVP_PKEY* signing = nullptr, X509* issuer = nullptr) {
        const List made(X509_CRL_new());
        X509_CRL_set_version(made.get(), X509_CRL_VERSION_2);
        X509_CRL_set_issuer_name(made.get(), X509_get_subject_name(issuer ? issuer : root.get()));
        const std::unique_ptr<ASN1_TIME, Freed<ASN1_TIME_free>> time(
            ASN1_TIME_set(nullptr, seconds_of(now + wish.of)));
        X509_CRL_set1_lastUpdate(made.get(), time.get());
        if (wish.next != std::chrono::seconds::max()) {
            ASN1_TIME_set(time.get(), seconds_of(now + wish.next));
            X509_CRL_set1_nextUpdate(made.get(), time.get());
        }
        const std::unique_ptr<ASN1_INTEGER, Freed<ASN1_INTEGER_free>> number(ASN1_INTEGER_new());
        for (const long serial : wish.serials) {
            X509_REVOKED* row = X509_REVOKED_new();
            ASN1_INTEGER_set(number.get(), serial);
            X509_REVOKED_set_serialNumber(row, number.get());
            ASN1_TIME_set(time.get(), seconds_of(now));
            X509_REVOKED_set_revocationDate(row, time.get());
            X509_CRL_add0_revoked(made.get(), row);
        }
        ASN1_INTEGER_set(number.get(), wish.number);
        X509_CRL_add1_ext_i2d(made.get(), NID_crl_number, number.get(), 0, 0);
        if (wish.delta) X509_CRL_add1_ext_i2d(made.get(), NID_delta_crl, number.get(), 1, 0);
        X509_CRL_sign(made.get(), signing ? signing : key.get(), EVP_sha256());
        const Bio bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_X509_CRL(bio.get(), made.get());
        return as_text(secret_text(bio.get()).view());
    }
    std::string list_refusal(const std::string& pem) {
        const auto read = read_revocation_list(pem, root_pem, now);
        return read ? "accepted" : read.error().code + ": " + read.error().message;
    }
};

TEST_F(Lists, TellTheirSerialsNumberAndTimes) {
    const auto read = read_revocation_list(list({.serials = {255, 4096, 255, 0}}), root_pem, now);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->serials, (std::vector<std::string>{"0", "1000", "ff"}));
    EXPECT_EQ(read->number, "12");
    EXPECT_EQ(read->next_update, now + std::chrono::days(7));
    EXPECT_THAT(read_revocation_list(list({}), root_pem, now)->serials, IsEmpty());
}

TEST_F(Lists, EveryBadOneIsRefusedByFieldRuleAndWhatWouldWork) {
    EXPECT_THAT(list_refusal("nonsense"), HasSubstr("-----BEGIN X509 CRL-----"));
    EXPECT_THAT(list_refusal(root_pem), HasSubstr("IllegalParam.Crl"));
    EXPECT_THAT(list_refusal(list({.next = -std::chrono::seconds(1)})), HasSubstr("lies ahead"));
    EXPECT_THAT(list_refusal(list({.next = std::chrono::seconds::max()})),
                HasSubstr("no next update"));
    EXPECT_THAT(list_refusal(list({.of = std::chrono::hours(1)})), HasSubstr("clock"));
    EXPECT_THAT(list_refusal(list({.delta = true})), HasSubstr("no delta"));
    const Key other = new_key();
    EXPECT_THAT(list_refusal(list({}, other.get())), HasSubstr("not signed by the key"));
    const Certificate stranger = make({.name = "Stranger"}, other.get());
    EXPECT_THAT(list_refusal(list({}, other.get(), stranger.get())), HasSubstr("CN=Stranger"));
    std::string spoiled = list({.serials = {255}});
    for (std::size_t i = 40; i + 40 < spoiled.size(); i += 5) {
        std::string changed = spoiled;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        if (changed != spoiled) {
            EXPECT_NE(list_refusal(changed), "accepted") << i;
        }
    }
}

TEST_F(Lists, HaveALimitOfEntries) {
    ListWish wish;
    for (long i = 1; i <= 16385; ++i) wish.serials.push_back(i);
    EXPECT_THAT(list_refusal(list(wish)), HasSubstr("16384 fit"));
    wish.serials.pop_back();
    EXPECT_EQ(list_refusal(list(wish)), "accepted");
}

// --- PKCS#12 -------------------------------------------------------------------------------------

TEST_F(Brought, APkcs12OpensWithItsPasswordOnlyAndHoldsKeyCertificateAndAuthority) {
    SeededRandom random{5};
    const auto authority = make_openssl_authority(random);
    const SecretBuffer authority_key(as_bytes(text_of(key.get())));
    const auto issued = authority->issue_client({root_pem, authority_key}, "vsc-1", now);
    ASSERT_TRUE(issued);
    const auto made =
        authority->pkcs12(*issued, root_pem, "vsc-1", SecretBuffer(as_bytes("correct horse")));
    ASSERT_TRUE(made);
    const Bio bio = borrowed(made->view());
    const std::unique_ptr<PKCS12, Freed<PKCS12_free>> read(d2i_PKCS12_bio(bio.get(), nullptr));
    ASSERT_TRUE(read);
    EVP_PKEY* raw_key = nullptr;
    X509* raw = nullptr;
    STACK_OF(X509)* above = nullptr;
    EXPECT_EQ(PKCS12_parse(read.get(), "wrong", &raw_key, &raw, &above), 0);
    ASSERT_EQ(PKCS12_parse(read.get(), "correct horse", &raw_key, &raw, &above), 1);
    const Key its_key(raw_key);
    const Certificate its_certificate(raw);
    EXPECT_EQ(pem_of(its_certificate.get()), issued->certificate_pem);
    EXPECT_EQ(X509_check_private_key(its_certificate.get(), its_key.get()), 1);
    EXPECT_EQ(sk_X509_num(above), 1);
    sk_X509_pop_free(above, X509_free);
    ERR_clear_error();
}

}  // namespace
}  // namespace kanmon::adapters
