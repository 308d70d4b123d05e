// Certificates through the API, and bundles through links.
#include <gmock/gmock.h>

#include "api_fixture.h"
#include "controlplane/api/downloads.h"

namespace kanmon::api {
namespace {

using testing::HasSubstr;
using testing::Not;

class CertificatesApi : public ApiTest {
protected:
    HttpRequest to(const std::string& method, const std::string& path) {
        HttpRequest request;
        request.method = method;
        request.path = path;
        request.network = "203.0.113.9";
        return request;
    }
    HttpResponse fetch(const std::string& method, const std::string& path) {
        return downloads.answer(to(method, path), world.now, boot);
    }
    std::string link(const Parameters& more = {{"Format", "zip"}}) {
        Parameters parameters = more;
        parameters.emplace("SslVpnClientCertId", id);
        last = call("CreateSslVpnClientCertLink", parameters);
        return last["Path"];
    }

    Downloads downloads{world.plane, random};
    Instant boot = instant_of(1'000'000'000'000);
    std::string server = make_server(make_gateway());
    std::string id = call("CreateSslVpnClientCert",
                          {{"SslVpnServerId", server}, {"Name", "laptop"}})["SslVpnClientCertId"];
    json last;
};

TEST_F(CertificatesApi, ARenewalTellsBothEndsAndTheCertificateItsPredecessors) {
    const json renewed =
        call("RenewSslVpnClientCert", {{"SslVpnClientCertId", id}, {"OverlapSeconds", "60"}});
    EXPECT_EQ(renewed["SslVpnClientCertId"], id);
    EXPECT_EQ(renewed["PredecessorEndTime"], (seconds_of(world.now) + 60) * 1000);
    EXPECT_EQ(renewed["EndTime"], (seconds_of(world.now) + 1095 * 86400) * 1000);
    const json detail = call("DescribeSslVpnClientCert", {{"SslVpnClientCertId", id}});
    ASSERT_EQ(detail["Predecessors"].size(), 1u);
    EXPECT_EQ(detail["Predecessors"][0]["EndTime"], renewed["PredecessorEndTime"]);
    EXPECT_EQ(failing("RenewSslVpnClientCert",
                      {{"SslVpnClientCertId", id}, {"OverlapSeconds", "7776001"}}),
              "400 IllegalParam.OverlapSeconds");
}

TEST_F(CertificatesApi, HeldBundlesAreShownAndFiltered) {
    bridge::ClientFact fact;
    fact.server_id = server;
    fact.common_name = id;
    fact.revision = "0000000000000000";
    world.plane.client_certificates.learn(fact, world.now);
    const json rows = call("DescribeSslVpnClientCerts", {{"BundleState", "stale"}});
    ASSERT_EQ(rows["TotalCount"], 1);
    const json row = rows["SslVpnClientCertKeys"]["SslVpnClientCertKey"][0];
    EXPECT_EQ(row["BundleState"], "stale");
    EXPECT_EQ(row["HeldRevision"], "0000000000000000");
    EXPECT_EQ(row["HeldTime"], seconds_of(world.now) * 1000);
    EXPECT_EQ(call("DescribeSslVpnClientCerts", {{"BundleState", "current"}})["TotalCount"], 0);
    EXPECT_EQ(failing("DescribeSslVpnClientCerts", {{"BundleState", "x"}}),
              "400 IllegalParam.BundleState");
}

TEST_F(CertificatesApi, EventsComeInPagesNewestFirst) {
    ASSERT_TRUE(world.plane.certificate_watch.look(world.now + std::chrono::days(1095 - 30)));
    const json rows = call("DescribeEvents", {{"ResourceId", id}});
    ASSERT_EQ(rows["TotalCount"], 1);
    const json row = rows["Events"]["Event"][0];
    EXPECT_EQ(row["Kind"], "CertificateExpiresSoon");
    EXPECT_EQ(row["SslVpnServerId"], server);
    EXPECT_EQ(call("DescribeEvents", {{"Kind", "x"}})["Events"]["Event"], json::array());
}

TEST_F(CertificatesApi, AnAuthorityIsImportedShownGivenAListAndRemoved) {
    const json own = call("DescribeSslVpnServerCa", {{"SslVpnServerId", server}});
    EXPECT_EQ(own["CaOrigin"], "own");
    EXPECT_FALSE(own.contains("CrlNumber"));
    const json imported = call("ImportSslVpnServerCa", {{"SslVpnServerId", server},
                                                        {"CaCertificate", "THEIR\nCA\n"},
                                                        {"CaPrivateKey", "their key"}});
    EXPECT_EQ(imported["CaOrigin"], "imported");
    EXPECT_EQ(imported["ReissuedCerts"], 1);
    EXPECT_EQ(imported.dump().find("their key"), std::string::npos);
    const json listed =
        call("UploadSslVpnServerCrl", {{"SslVpnServerId", server}, {"Crl", "7 aa"}});
    EXPECT_EQ(listed["CrlNumber"], "7");
    EXPECT_EQ(listed["CrlRevoked"], 1);
    EXPECT_EQ(listed["CrlWhenExpired"], "refuse");
    EXPECT_EQ(failing("UploadSslVpnServerCrl",
                      {{"SslVpnServerId", server}, {"Crl", "8"}, {"WhenExpired", "x"}}),
              "400 IllegalParam.WhenExpired");
    EXPECT_EQ(call("RemoveSslVpnServerCa", {{"SslVpnServerId", server}})["CaOrigin"], "own");
}

TEST_F(CertificatesApi, APkcs12ShowsItsMadePasswordAndNoOther) {
    const json made =
        call("GetSslVpnClientCertBundle", {{"SslVpnClientCertId", id}, {"Format", "p12"}});
    EXPECT_EQ(made["FileName"], id + ".p12");
    EXPECT_EQ(made["Password"].get<std::string>().size(), 20u);
    const json given =
        call("GetSslVpnClientCertBundle",
             {{"SslVpnClientCertId", id}, {"Format", "p12-zip"}, {"Password", "correct horse"}});
    EXPECT_FALSE(given.contains("Password"));
    EXPECT_EQ(failing("GetSslVpnClientCertBundle",
                      {{"SslVpnClientCertId", id}, {"Format", "p12"}, {"Password", "short"}}),
              "400 IllegalParam.Password");
}

TEST_F(CertificatesApi, ALinkIsAPageThatUsesNothingUpAndOneDownload) {
    const std::string path = link();
    EXPECT_EQ(last["ExpireTime"], (seconds_of(world.now) + 600) * 1000);
    for (int i = 0; i < 3; ++i) {
        const HttpResponse page = fetch("GET", path);
        EXPECT_EQ(page.status, 200);
        EXPECT_THAT(page.body, HasSubstr("<form method=\"post\">"));
    }
    const HttpResponse file = fetch("POST", path);
    EXPECT_EQ(file.status, 200);
    EXPECT_EQ(file.file_name, id + ".zip");
    EXPECT_EQ(file.content_type, "application/zip");
    EXPECT_EQ(fetch("POST", path).status, 404);
}

TEST_F(CertificatesApi, AUsedAnEndedAnAlteredAndAnInventedLinkAnswerTheSame) {
    const std::string used = link();
    ASSERT_EQ(fetch("POST", used).status, 200);
    std::string altered = link();
    altered.back() = altered.back() == '0' ? '1' : '0';
    const std::string invented =
        std::string(bundle_path) + "lnk-km000000000000000000." + std::string(64, 'a');
    const std::string ended = link();
    const std::string answer = fetch("POST", used).body;
    EXPECT_EQ(fetch("POST", altered).body, answer);
    EXPECT_EQ(fetch("POST", invented).body, answer);
    world.now += 10min;
    EXPECT_EQ(fetch("POST", ended).body, answer);
    EXPECT_EQ(fetch("POST", ended).status, 404);
    EXPECT_EQ(fetch("GET", invented).body, fetch("GET", used).body);
}

TEST_F(CertificatesApi, WhoGuessesAtLinksHasToWaitAndOthersDoNot) {
    const std::string good = link();
    const std::string wrong =
        std::string(bundle_path) + "lnk-km000000000000000000." + std::string(64, 'a');
    for (int i = 0; i < 10; ++i) EXPECT_EQ(fetch("POST", wrong).status, 404);
    EXPECT_EQ(fetch("POST", wrong).status, 429);
    EXPECT_EQ(fetch("POST", good).status, 429);
    HttpRequest other = to("POST", good);
    other.network = "198.51.100.1";
    EXPECT_EQ(downloads.answer(other, world.now, boot).status, 200);
    boot += 31s;
    EXPECT_EQ(fetch("POST", wrong).status, 404);
}

TEST_F(CertificatesApi, WhoHasToWaitIsToldForHowLongAndNotThatTheLinkIsUsed) {
    const std::string good = link();
    const std::string wrong =
        std::string(bundle_path) + "lnk-km000000000000000000." + std::string(64, 'a');
    for (int i = 0; i < 10; ++i) EXPECT_THAT(fetch("POST", wrong).body, HasSubstr("used already"));
    boot += 10s;
    const HttpResponse waits = fetch("POST", good);
    EXPECT_EQ(waits.status, 429);
    EXPECT_EQ(waits.retry_after, 20s);
    EXPECT_THAT(waits.body, HasSubstr("Try again later"));
    EXPECT_THAT(waits.body, Not(HasSubstr("used already")));
    boot += waits.retry_after;
    EXPECT_EQ(fetch("POST", good).status, 200);
}

TEST_F(CertificatesApi, AStoreThatIsAwayIsTriedAgainLaterAndIsNotALinkThatIsUsed) {
    const std::string path = link();
    world.books.disk_is_well = false;
    const HttpResponse away = fetch("POST", path);
    EXPECT_EQ(away.status, 503);
    EXPECT_GT(away.retry_after, 0s);
    EXPECT_THAT(away.body, HasSubstr("Try again later"));
    EXPECT_THAT(away.body, Not(HasSubstr("used already")));
}

/// Five hundred spellings of a way out of /bundle/, raw and encoded.
std::vector<std::string> traversals() {
    std::vector<std::string> paths;
    const std::vector<std::string> ups{"..",           "%2e%2e",       "%252e%252e", "..%00",
                                       "%c0%ae%c0%ae", ".%2e",         "%2e.",       "....",
                                       "..;",          "%uff0e%uff0e", "..%0d%0a",   "\xc0\xae."};
    const std::vector<std::string> slashes{"/", "//", "\\", "%2f", "%252f", "%5c", "/./", "%c0%af"};
    const std::vector<std::string> ends{"etc/passwd", "master.key",           "kanmon.db",
                                        "api.key",    "root-access-key.json", "control.lock"};
    for (const std::string& up : ups)
        for (const std::string& slash : slashes)
            for (const std::string& end : ends)
                paths.push_back(std::string(bundle_path) + up + slash + up + slash + end);
    return paths;
}

TEST_F(CertificatesApi, FiveHundredTraversalSpellingsFindNothingOnAnyRoute) {
    const auto paths = traversals();
    ASSERT_GE(paths.size(), 500u);
    const std::string good = link();
    for (const std::string& path : paths) {
        boot += 2h;  // no guesser is held back
        const HttpResponse answer = fetch("POST", path);
        EXPECT_EQ(answer.status, 404) << path;
        EXPECT_THAT(answer.body, Not(HasSubstr("root"))) << path;
        EXPECT_EQ(fetch("POST", good + path).status, 404);
        EXPECT_EQ(send(to("POST", path.substr(bundle_path.size() - 1))).status, 404) << path;
    }
    EXPECT_EQ(fetch("POST", good).status, 200);
}

TEST_F(CertificatesApi, ATicketIsReadInOneSpellingOnly) {
    const std::string path = link();
    const std::string text = path.substr(bundle_path.size());
    const auto ticket = model::parse_ticket(text);
    ASSERT_TRUE(ticket);
    EXPECT_EQ(model::ticket_text(*ticket), text);
    for (std::size_t length = 0; length < text.size(); ++length)
        EXPECT_FALSE(model::parse_ticket(text.substr(0, length))) << length;
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = 'G';
        EXPECT_FALSE(model::parse_ticket(changed)) << i;
    }
    EXPECT_FALSE(model::parse_ticket(text + "0"));
}

}  // namespace
}  // namespace kanmon::api
