// The API's certificate: given by files, replaced under running connections, kept when the new one
// is broken.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "contract/control_world.h"
#include "controlplane/api/certificate_files.h"
#include "controlplane/api/service.h"
#include "controlplane/api/tls_credentials.h"

namespace kanmon::api {
namespace {

struct End {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* session) const { SSL_free(session); }
    void operator()(X509* certificate) const { X509_free(certificate); }
};

/// A connection by TLS that takes whatever certificate it is shown.
class Visitor {
public:
    explicit Visitor(std::uint16_t port) : context_(SSL_CTX_new(TLS_client_method())) {
        socket_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        session_.reset(SSL_new(context_.get()));
        SSL_set_fd(session_.get(), socket_.get());
        connected_ = ::connect(socket_.get(), static_cast<sockaddr*>(static_cast<void*>(&address)),
                               sizeof address) == 0 &&
                     SSL_connect(session_.get()) == 1;
    }

    bool connected() const { return connected_; }

    std::string sha256() const {
        const std::unique_ptr<X509, End> shown(SSL_get1_peer_certificate(session_.get()));
        std::array<unsigned char, 32> digest{};
        unsigned octets = 0;
        if (!shown || X509_digest(shown.get(), EVP_sha256(), digest.data(), &octets) != 1)
            return {};
        return to_hex(std::as_bytes(std::span(digest)));
    }

    bool is_answered() {
        const std::string ask = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        std::array<char, 4096> answer{};
        return SSL_write(session_.get(), ask.data(), static_cast<int>(ask.size())) > 0 &&
               SSL_read(session_.get(), answer.data(), static_cast<int>(answer.size())) > 0 &&
               std::string_view(answer.data(), 9) == "HTTP/1.1 ";
    }

private:
    std::unique_ptr<SSL_CTX, End> context_;
    std::unique_ptr<SSL, End> session_;
    UniqueFd socket_;
    bool connected_ = false;
};

class CertificateReload : public testing::Test {
protected:
    CertificateReload()
        : folder_(std::filesystem::temp_directory_path() /
                  ("kanmon-reload-" + std::to_string(::getpid()))) {
        open_log("test", Severity::error);
        std::filesystem::create_directory(folder_);
        write(fresh());
        auto started = Service::start({.listen = "127.0.0.1:0",
                                       .plain_listen = {},
                                       .state_folder = folder_ / "unused",
                                       .certificate_file = folder_ / "given.crt",
                                       .key_file = folder_ / "given.key",
                                       .certificate_addresses = {}},
                                      world_.plane);
        if (started)
            service_ = std::move(*started);
        else
            ADD_FAILURE() << started.error();
    }
    ~CertificateReload() override {
        service_.reset();
        std::filesystem::remove_all(folder_);
    }

    static ServerCertificate fresh(std::chrono::days later = std::chrono::days(0)) {
        return *make_server_certificate({}, unix_now() + later);
    }
    static std::string sha256(const ServerCertificate& pair) {
        return (*TlsCredentials::make(pair))->sha256();
    }
    void write_certificate(const ServerCertificate& pair) {
        std::ofstream(folder_ / "given.crt") << pair.certificate_pem;
    }
    void write_key(const ServerCertificate& pair) {
        std::ofstream(folder_ / "given.key") << text_view(pair.private_key_pem.view());
    }
    void write(const ServerCertificate& pair) {
        write_certificate(pair);
        write_key(pair);
    }
    std::string shown() { return Visitor(service_->port()).sha256(); }

    std::filesystem::path folder_;
    usecases::ControlWorld world_;
    std::unique_ptr<Service> service_;
};

TEST_F(CertificateReload, GivenFilesAreShownAndNoneIsMadeBesideThem) {
    ASSERT_TRUE(service_);
    EXPECT_EQ(shown().size(), 64u);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "unused"));
}

TEST_F(CertificateReload, ReplacesThePairForNewConnectionsAndLetsOldOnesGoOn) {
    ASSERT_TRUE(service_);
    Visitor before(service_->port());
    ASSERT_TRUE(before.connected());
    for (int i = 0; i < 20; ++i) {
        const ServerCertificate next = fresh();
        write(next);
        service_->reload_certificate();
        Visitor after(service_->port());
        EXPECT_EQ(after.sha256(), sha256(next));
        EXPECT_TRUE(after.is_answered());
    }
    EXPECT_TRUE(before.is_answered()) << "it goes on with what it began with";
}

TEST_F(CertificateReload, AConnectionOfASharedPortIsShownTheNewOneToo) {
    ASSERT_TRUE(service_);
    const ServerCertificate next = fresh();
    write(next);
    service_->reload_certificate();
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::listen(listener.get(), 1), 0);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(listener.get(), static_cast<sockaddr*>(static_cast<void*>(&address)), &size);
    std::string seen;
    {
        std::jthread visitor([&] { seen = Visitor(ntohs(address.sin_port)).sha256(); });
        UniqueFd taken(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        char first = 0;
        ASSERT_EQ(::recv(taken.get(), &first, 1, MSG_PEEK), 1);
        service_->adopt(std::move(taken));
    }
    EXPECT_EQ(seen, sha256(next));
}

TEST_F(CertificateReload, ABrokenPairLeavesTheOldOneInPlace) {
    ASSERT_TRUE(service_);
    const std::string old = shown();
    const ServerCertificate one = fresh();
    const ServerCertificate other = fresh();
    const auto stays = [&](const char* what) {
        service_->reload_certificate();
        EXPECT_EQ(shown(), old) << what;
    };
    write_certificate(one);
    write_key(other);
    stays("the key of another");
    write({"no PEM", one.private_key_pem});
    stays("no certificate");
    write({one.certificate_pem, SecretBuffer(as_bytes("no PEM"))});
    stays("no key");
    write({one.certificate_pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
           one.private_key_pem});
    stays("a chain that is broken further on");
    write(fresh(-std::chrono::days(3660)));
    stays("one that has ended");
    write(fresh(std::chrono::days(2)));
    stays("one that has not begun");
    std::filesystem::remove(folder_ / "given.key");
    stays("a key that is gone");
    write(one);
    service_->reload_certificate();
    EXPECT_EQ(shown(), sha256(one)) << "and the next good one is taken";
}

TEST_F(CertificateReload, ChangedFilesAreTakenByThemselvesOnceBothRest) {
    ASSERT_TRUE(service_);
    const std::string old = shown();
    const ServerCertificate next = fresh();
    Instant now = boot_now();
    const auto later = [&](Duration by) { service_->follow_certificate(now += by); };
    later(10s);
    EXPECT_EQ(shown(), old) << "nothing has changed";
    write_certificate(next);
    later(1s);
    later(1s);
    write_key(next);
    later(1s);
    EXPECT_EQ(shown(), old) << "the key has been written just now";
    later(2s);
    EXPECT_EQ(shown(), sha256(next));
    std::filesystem::remove(folder_ / "given.crt");
    later(1s);
    later(2s);
    EXPECT_EQ(shown(), sha256(next)) << "a file that is gone changes nothing";
}

TEST(CertificateFiles, TellAChangeOnceAndOnlyWhenItRests) {
    const std::string folder = testing::TempDir();
    const std::string path = folder + "/rests-" + std::to_string(::getpid());
    CertificateFiles files(path, path);
    std::ofstream(path) << "a";
    ASSERT_TRUE(files.read());
    Instant now = instant_of(1'000'000'000'000);
    EXPECT_FALSE(files.changed(now));
    for (int i = 0; i < 5; ++i) {
        std::ofstream(path) << std::string(static_cast<std::size_t>(i) + 2, 'b');
        EXPECT_FALSE(files.changed(now += 1s)) << "it is still being written";
    }
    EXPECT_FALSE(files.changed(now += 1s));
    EXPECT_TRUE(files.changed(now += 1s));
    EXPECT_FALSE(files.changed(now += 10s)) << "once";
    std::filesystem::remove(path);
}

TEST(Service, NamesTheFileThatItCannotTakeACertificateFrom) {
    usecases::ControlWorld world;
    const auto refused = Service::start({.listen = "127.0.0.1:0",
                                         .plain_listen = {},
                                         .state_folder = {},
                                         .certificate_file = "/nowhere/given.crt",
                                         .key_file = "/nowhere/given.key",
                                         .certificate_addresses = {}},
                                        world.plane);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().find("/nowhere/given.crt is not there"), std::string::npos);
}

}  // namespace
}  // namespace kanmon::api
