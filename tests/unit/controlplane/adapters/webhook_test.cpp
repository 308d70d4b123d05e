// Events by HTTPS to an address of an operator's, against a server of our own.
#include "controlplane/adapters/webhook.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "controlplane/api/http_server.h"
#include "temporary_folder.h"

namespace kanmon::adapters {
namespace {

usecases::EventBatch batch_of(std::uint64_t first, std::uint64_t count, std::uint64_t lost = 0) {
    usecases::EventBatch batch{.events = {}, .lost = lost};
    for (std::uint64_t i = 0; i < count; ++i)
        batch.events.push_back({.number = first + i,
                                .account = {"1000000000000001"},
                                .at = unix_time_of(1'795'000'000),
                                .kind = "CertificateExpired",
                                .resource = "vsc-1",
                                .server = "vss-1",
                                .message = "It \"ended\"."});
    return batch;
}

class WebhookTest : public testing::Test {
protected:
    WebhookTest() {
        open_log("test", Severity::error);
        auto certificate = api::make_server_certificate({}, unix_now());
        std::ofstream(folder_ + "/ca.crt") << certificate->certificate_pem;
        auto started = api::HttpServer::start({.listen = Endpoint::v4(Ipv4{0x7f000001}, 0),
                                               .certificate = std::move(*certificate),
                                               .limits = {}},
                                              [this](const api::HttpRequest& request) {
                                                  const std::lock_guard lock(mutex_);
                                                  requests_.push_back(request);
                                                  return answer_(request);
                                              });
        if (started)
            server_ = std::move(*started);
        else
            ADD_FAILURE() << started.error();
    }
    ~WebhookTest() override { server_.reset(); }

    WebhookOptions options() const {
        return {.url = "https://localhost:" + std::to_string(server_->port()) + "/hook?team=1",
                .secret = SecretBuffer(as_bytes("0123456789abcdef")),
                .ca_file = folder_ + "/ca.crt",
                .allowed = {{*parse_cidr("127.0.0.0/8")}, {}}};
    }
    std::string refusal(WebhookOptions options) {
        const auto taken = Webhook(std::move(options)).deliver(batch_of(1, 1), unix_now());
        return taken ? "" : taken.error();
    }

    TemporaryFolder temporary_;
    const std::string& folder_ = temporary_.path();
    std::mutex mutex_;
    std::vector<api::HttpRequest> requests_;
    std::function<api::HttpResponse(const api::HttpRequest&)> answer_ =
        [](const api::HttpRequest&) { return api::HttpResponse{.status = 204, .body = {}}; };
    std::unique_ptr<api::HttpServer> server_;
};

TEST_F(WebhookTest, GetsTheBatchSignedWithItsSecret) {
    Webhook webhook(options());
    const auto taken = webhook.deliver(batch_of(118, 2, 5), unix_time_of(1'795'000'000));
    ASSERT_TRUE(taken) << taken.error();
    ASSERT_EQ(requests_.size(), 1u);
    const api::HttpRequest& request = requests_.front();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path + "?" + request.query, "/hook?team=1");
    EXPECT_EQ(request.header("content-type"), "application/json");
    EXPECT_EQ(request.header("x-kanmon-delivery"), "118-119");
    EXPECT_EQ(
        request.header("x-kanmon-signature"),
        webhook_signature(as_bytes("0123456789abcdef"), unix_time_of(1'795'000'000), request.body));
    EXPECT_EQ(request.body, webhook_body(batch_of(118, 2, 5)));
    EXPECT_EQ(webhook_body(batch_of(118, 1, 5)),
              R"({"Events":[{"EventId":118,"AccountId":"1000000000000001","Time":1795000000000,)"
              R"("Kind":"CertificateExpired","ResourceId":"vsc-1","SslVpnServerId":"vss-1",)"
              R"("Message":"It \"ended\"."}],"LostEvents":5})");
}

/// By another program: printf '1795000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef
TEST_F(WebhookTest, SignatureIsHmacSha256OfTimeAndBody) {
    EXPECT_EQ(webhook_signature(as_bytes("0123456789abcdef"), unix_time_of(1'795'000'000), "{}"),
              "t=1795000000,v1=0e41ae18dec0c98f9ccccdfc9da1d6b897e12bde7815a6055d8739af8b38df59");
}

TEST_F(WebhookTest, IsNotCalledWhereItsNameLeadsIntoThisHostUnlessThatIsListed) {
    WebhookOptions closed = options();
    closed.allowed = {};
    EXPECT_NE(refusal(closed).find("no public address"), std::string::npos) << refusal(closed);
    EXPECT_NE(refusal(closed).find("events.webhook_private_networks"), std::string::npos);
    closed.url = "https://127.0.0.1:" + std::to_string(server_->port()) + "/";
    EXPECT_NE(refusal(closed), "");
    closed.url = "https://[::ffff:127.0.0.1]:" + std::to_string(server_->port()) + "/";
    EXPECT_NE(refusal(closed).find("no public address"), std::string::npos) << refusal(closed);
    closed.url = "https://2130706433:" + std::to_string(server_->port()) + "/";  // the same
    EXPECT_NE(refusal(closed), "");
    EXPECT_TRUE(requests_.empty());
    EXPECT_EQ(refusal(options()), "");
}

TEST_F(WebhookTest, SpeaksHttpsOnlyAndTrustsNobodyElse) {
    WebhookOptions other = options();
    other.ca_file = "";
    EXPECT_NE(refusal(other), "") << "a certificate of nobody known";
    other = options();
    const auto plain = api::HttpServer::start(
        {.listen = Endpoint::v4(Ipv4{0x7f000001}, 0), .certificate = std::nullopt, .limits = {}},
        [this](const api::HttpRequest& request) {
            requests_.push_back(request);
            return api::HttpResponse{.status = 204, .body = {}};
        });
    ASSERT_TRUE(plain) << plain.error();
    other.url = "http://127.0.0.1:" + std::to_string((*plain)->port()) + "/";
    EXPECT_NE(refusal(other), "") << "it would be taken";
    other.url = "file:///etc/passwd";
    EXPECT_NE(refusal(other), "");
    EXPECT_TRUE(requests_.empty());
}

TEST_F(WebhookTest, FollowsNoRedirectAndTakesOnlyTwoHundredsForTaken) {
    for (const int status : {301, 302, 307, 308}) {
        answer_ = [&](const api::HttpRequest&) {
            return api::HttpResponse{.status = status, .body = {}};
        };
        EXPECT_NE(refusal(options()).find("a redirect"), std::string::npos);
    }
    for (const int status : {400, 404, 410, 429, 500, 503}) {
        answer_ = [&](const api::HttpRequest&) {
            return api::HttpResponse{.status = status, .body = {}};
        };
        EXPECT_NE(refusal(options()).find(std::to_string(status)), std::string::npos);
    }
    EXPECT_EQ(requests_.size(), 10u) << "each once";
}

TEST_F(WebhookTest, ReadsAtMostAQuarterOfAMegabyteOfAnAnswer) {
    answer_ = [](const api::HttpRequest&) {
        return api::HttpResponse{.status = 200, .body = std::string(300 * 1024, 'a')};
    };
    EXPECT_NE(refusal(options()).find("more than 262144 octets"), std::string::npos);
}

TEST_F(WebhookTest, WaitsFiveSecondsAndNoLongerAndEndsAtOnceWhenStopped) {
    answer_ = [](const api::HttpRequest&) {
        std::this_thread::sleep_for(std::chrono::milliseconds(6500));
        return api::HttpResponse{.status = 200, .body = {}};
    };
    const Instant start = boot_now();
    EXPECT_NE(refusal(options()), "");
    EXPECT_GE(boot_now() - start, 4900ms);
    EXPECT_LT(boot_now() - start, 6400ms);
    std::this_thread::sleep_for(std::chrono::seconds(2));  // the server's thread is busy so long
    Webhook webhook(options());
    const Instant second = boot_now();
    std::jthread other([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        webhook.stop();
    });
    EXPECT_FALSE(webhook.deliver(batch_of(1, 1), unix_now()));
    EXPECT_LT(boot_now() - second, 3s);
}

TEST_F(WebhookTest, AsksNoProxyOfTheEnvironment) {
    ::setenv("https_proxy", "http://127.0.0.1:1", 1);
    ::setenv("ALL_PROXY", "socks5://127.0.0.1:1", 1);
    EXPECT_EQ(refusal(options()), "");
    ::unsetenv("https_proxy");
    ::unsetenv("ALL_PROXY");
}

}  // namespace
}  // namespace kanmon::adapters
