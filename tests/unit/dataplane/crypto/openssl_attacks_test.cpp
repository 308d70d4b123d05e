// Clients that use TLS in ways of their own: to come back without a handshake, to begin another one
// inside the first, to show what is no certificate. They are OpenSSL without our settings.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <chrono>

#include "dataplane/crypto/openssl_tls.h"
#include "test_authority.h"

namespace kanmon::crypto {
namespace {

using testing::Issued;
using testing::Purpose;
using testing::TestAuthority;

constexpr UnixTime today = unix_time_of(1'800'000'000);

UnixTime at_today() {
    return today;
}

const TestAuthority& authority() {
    static const TestAuthority ours("Kanmon test authority");
    return ours;
}

/// Asks for certificates of `trusted`; its own is signed by `signer`.
std::shared_ptr<const TlsFactory> server(const TestAuthority& trusted,
                                         const TestAuthority& signer) {
    const Issued issued = signer.issue({.common_names = {"gateway"}, .purpose = Purpose::server});
    const auto made = openssl_server({.ca_certificate_pem = trusted.certificate_pem(),
                                      .certificate_pem = issued.certificate_pem,
                                      .private_key_pem = issued.key_pem,
                                      .revoked_serials = {},
                                      .certificate_required = true},
                                     at_today);
    EXPECT_TRUE(made) << made.error();
    return *made;
}
std::shared_ptr<const TlsFactory> server(const TestAuthority& of = authority()) {
    return server(of, of);
}

struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* session) const { SSL_free(session); }
    void operator()(SSL_SESSION* state) const { SSL_SESSION_free(state); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(BIO* bio) const { BIO_free(bio); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Owned<BIO> reader_of(Bytes text) {
    return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Owned<X509> certificate_of(const Issued& issued) {
    const auto reader = reader_of(as_bytes(issued.certificate_pem));
    return Owned<X509>(PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr));
}

Buffer der_of(const Issued& issued) {
    const auto certificate = certificate_of(issued);
    unsigned char* octets = nullptr;
    const int length = i2d_X509(certificate.get(), &octets);
    const Buffer der =
        copy_of(std::as_bytes(std::span(octets, static_cast<std::size_t>(std::max(length, 0)))));
    OPENSSL_free(octets);
    return der;
}

class RawClient {
public:
    RawClient(const Issued& issued, int version, SSL_SESSION* known = nullptr)
        : context_(SSL_CTX_new(TLS_client_method())) {
        SSL_CTX_set_max_proto_version(context_.get(), version);
        const auto certificate = certificate_of(issued);
        const auto reader = reader_of(issued.key_pem.view());
        const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(reader.get(), nullptr, nullptr, nullptr));
        SSL_CTX_use_certificate(context_.get(), certificate.get());
        SSL_CTX_use_PrivateKey(context_.get(), key.get());
        session_.reset(SSL_new(context_.get()));
        SSL_set_bio(ssl(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(ssl());
        if (known != nullptr) SSL_set_session(ssl(), known);
    }

    SSL* ssl() const { return session_.get(); }

    /// Takes what the server said and returns what the client says to it.
    Buffer step(Bytes said) {
        if (!said.empty())
            BIO_write(SSL_get_rbio(ssl()), said.data(), static_cast<int>(said.size()));
        result = SSL_do_handshake(ssl());
        std::array<char, 512> room;
        if (result == 1) SSL_read(ssl(), room.data(), room.size());
        Buffer answer(BIO_ctrl_pending(SSL_get_wbio(ssl())));
        if (!answer.empty())
            BIO_read(SSL_get_wbio(ssl()), answer.data(), static_cast<int>(answer.size()));
        ERR_clear_error();
        return answer;
    }

    /// Everything that the two have to say; true when both are through.
    bool converse(TlsEngine& with) {
        Buffer to_server = step({});
        for (int i = 0; i < 10 && !to_server.empty(); ++i) {
            last = with.advance({.ciphertext = to_server});
            to_server = step(last.ciphertext);
        }
        return result == 1 && last.established;
    }

    int result = 0;
    TlsOutput last;

private:
    Owned<SSL_CTX> context_;
    Owned<SSL> session_;
};

// A session is never taken up again: neither by the server that it was made with nor by one of
// another authority, which would not ask for the certificate then.
TEST(Cve_2025_23419, NoServerResumesASessionOfItsOwnOrOfAnother) {
    const Issued issued = authority().issue({});
    const TestAuthority foreign("another authority");
    const auto ours = server();
    const auto other = server(foreign);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        RawClient first(issued, version);
        const auto engine = ours->make();  // lives on: OpenSSL forgets sessions that broke off
        ASSERT_TRUE(first.converse(*engine));
        const Owned<SSL_SESSION> state(SSL_get1_session(first.ssl()));
        EXPECT_EQ(SSL_SESSION_has_ticket(state.get()), 0);

        RawClient again(issued, version, state.get());
        EXPECT_TRUE(again.converse(*ours->make()));
        EXPECT_EQ(SSL_session_reused(again.ssl()), 0);

        RawClient elsewhere(issued, version, state.get());
        EXPECT_FALSE(elsewhere.converse(*other->make()));
        EXPECT_EQ(elsewhere.last.failure, Cause::certificate_foreign);
    }
}

TEST(OpensslTls, IsNeverNegotiatedAgainWithinItsSession) {
    RawClient client(authority().issue({}), TLS1_2_VERSION);
    const auto engine = server()->make();
    ASSERT_TRUE(client.converse(*engine));
    ASSERT_EQ(SSL_renegotiate(client.ssl()), 1);
    EXPECT_FALSE(client.converse(*engine));
    EXPECT_NE(client.result, 1);
}

TEST(OpensslTls, AChainHasAtMostThreeAuthoritiesBetween) {
    std::vector<TestAuthority> between{TestAuthority("between 1", authority())};
    for (int i = 2; i <= 4; ++i)
        between.emplace_back("between " + std::to_string(i), between.back());
    std::string chain;
    for (std::size_t count = 1; count <= between.size(); ++count) {
        chain = between[count - 1].certificate_pem() + chain;
        const Issued leaf = between[count - 1].issue({});
        const auto made = openssl_client({.ca_certificate_pem = authority().certificate_pem(),
                                          .certificate_pem = leaf.certificate_pem + chain,
                                          .private_key_pem = leaf.key_pem},
                                         at_today, TlsVersion::tls_1_3);
        ASSERT_TRUE(made) << made.error();
        const auto engine = server()->make();
        const auto client = (*made)->make();
        TlsOutput seen;
        Buffer to_server = client->advance({}).ciphertext;
        for (int i = 0; i < 6 && !to_server.empty(); ++i) {
            seen = engine->advance({.ciphertext = to_server});
            to_server = client->advance({.ciphertext = seen.ciphertext}).ciphertext;
        }
        EXPECT_EQ(seen.established, count <= 3) << count << ' ' << seen.detail;
    }
}

/// Its client and the server until one of them has nothing to say.
TlsOutput seen_by_server(const TlsFactory& server_factory, const Issued& leaf,
                         const std::string& chain) {
    // The server's own certificate is of the root, which this client trusts.
    const auto made = openssl_client({.ca_certificate_pem = authority().certificate_pem(),
                                      .certificate_pem = leaf.certificate_pem + chain,
                                      .private_key_pem = leaf.key_pem},
                                     at_today, TlsVersion::tls_1_3);
    EXPECT_TRUE(made) << made.error();
    const auto engine = server_factory.make();
    const auto client = (*made)->make();
    TlsOutput seen;
    Buffer to_server = client->advance({}).ciphertext;
    for (int i = 0; i < 6 && !to_server.empty(); ++i) {
        seen = engine->advance({.ciphertext = to_server});
        to_server = client->advance({.ciphertext = seen.ciphertext}).ciphertext;
    }
    return seen;
}

TEST(OpensslTls, AServerTrustsTheIssuingAuthorityAndNotThoseAboveIt) {
    const TestAuthority branch("branch", authority());
    const TestAuthority sister("sister", authority());
    const auto of_branch = server(branch, authority());
    EXPECT_TRUE(seen_by_server(*of_branch, branch.issue({}), "").established);
    const std::string above = authority().certificate_pem();
    EXPECT_FALSE(seen_by_server(*of_branch, authority().issue({}), above).established);
    EXPECT_FALSE(
        seen_by_server(*of_branch, sister.issue({}), sister.certificate_pem() + above).established);
}

// --- what is no certificate ---

/// The client's flight with this in place of its certificate. TLS 1.2 sends it in clear.
Buffer with_certificate(Bytes flight, Bytes der) {
    BufferWriter out;
    ByteReader in(flight);
    while (in.remaining() > 0) {
        const std::uint8_t type = in.u8();
        const std::uint16_t version = in.u16();
        const Bytes body = in.bytes(in.u16());
        out.u8(type);
        out.u16(version);
        if (type != 22 || body.empty() || body[0] != std::byte{11}) {
            out.u16(static_cast<std::uint16_t>(body.size()));
            out.bytes(body);
            continue;
        }
        const auto length = static_cast<std::uint32_t>(der.size());
        out.u16(static_cast<std::uint16_t>(length + 10));
        out.u8(11);
        out.u24(length + 6);
        out.u24(length + 3);
        out.u24(length);
        out.bytes(der);
    }
    return out.finish();
}

/// What the server makes of a handshake in which the client shows this.
TlsOutput shown(const TlsFactory& gateway, const Issued& issued, Bytes der) {
    RawClient client(issued, TLS1_2_VERSION);
    const auto engine = gateway.make();
    const Buffer flight = client.step(engine->advance({.ciphertext = client.step({})}).ciphertext);
    return engine->advance({.ciphertext = with_certificate(flight, der)});
}

TEST(Certificate, SpoiledAnywhereEndsItsHandshakeAndDisturbsNobody) {
    const auto gateway = server();
    const Issued issued = authority().issue({});
    const Buffer der = der_of(issued);
    RawClient bystander(issued, TLS1_2_VERSION);
    const auto engine = gateway->make();
    ASSERT_TRUE(bystander.converse(*engine));

    for (std::size_t at = 0; at < der.size(); ++at) {
        Buffer spoiled = der;
        spoiled[at] ^= std::byte{0x41};
        EXPECT_TRUE(shown(*gateway, issued, spoiled).failure) << at;
        EXPECT_TRUE(shown(*gateway, issued, Bytes(der).first(at)).failure) << at;
        ASSERT_EQ(ERR_peek_error(), 0U);
    }
    EXPECT_EQ(SSL_write(bystander.ssl(), "hello", 5), 5);
    Buffer sent(BIO_ctrl_pending(SSL_get_wbio(bystander.ssl())));
    BIO_read(SSL_get_wbio(bystander.ssl()), sent.data(), static_cast<int>(sent.size()));
    EXPECT_EQ(as_text(engine->advance({.ciphertext = sent}).plaintext), "hello");
}

/// DER: tag, length, contents.
Buffer der(unsigned tag, std::initializer_list<Buffer> parts) {
    Buffer body;
    for (const Buffer& part : parts) append(body, part);
    BufferWriter out;
    out.u8(static_cast<std::uint8_t>(tag));
    if (body.size() >= 128) {
        out.u8(0x82);
        out.u16(static_cast<std::uint16_t>(body.size()));
    } else {
        out.u8(static_cast<std::uint8_t>(body.size()));
    }
    out.bytes(body);
    return out.finish();
}

/// A certificate whose key lies on a "curve" over 697 = 17 * 41, with its points compressed:
/// looking for the square root that such a point stands for need not end.
Buffer certificate_on_no_curve() {
    const Buffer algorithm = from_hex("300a06082a8648ce3d040302");
    const Buffer name = from_hex("300f310d300b06035504030c0465766572");
    const Buffer field = der(0x30, {from_hex("06072a8648ce3d0101"), from_hex("020202b9")});
    const Buffer curve = der(0x30, {from_hex("04020017"), from_hex("04020004")});
    const Buffer parameters = der(0x30, {from_hex("020101"), field, curve, from_hex("0403020008"),
                                         from_hex("020202b9"), from_hex("020101")});
    const Buffer key = der(
        0x30, {der(0x30, {from_hex("06072a8648ce3d0201"), parameters}), from_hex("030400020008")});
    const Buffer validity =
        from_hex("301e170d3230303130313030303030305a170d3330303130313030303030305a");
    const Buffer body = der(
        0x30, {from_hex("a003020102"), from_hex("020101"), algorithm, name, validity, name, key});
    return der(0x30, {body, algorithm, from_hex("03020000")});
}

TEST(Cve_2022_0778, ACertificateOnACurveThatIsNoneEndsItsHandshakeAtOnce) {
    const auto began = std::chrono::steady_clock::now();
    const TlsOutput seen = shown(*server(), authority().issue({}), certificate_on_no_curve());
    EXPECT_TRUE(seen.failure);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
}

}  // namespace
}  // namespace kanmon::crypto
