#include <gmock/gmock.h>

#include <set>

#include "controlplane/model/client_certificate.h"
#include "controlplane/model/id.h"
#include "controlplane/model/name.h"
#include "controlplane/model/vpc.h"
#include "controlplane/model/vpn_gateway.h"

namespace kanmon::model {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Ids, HaveTheirPrefixAndDoNotRepeat) {
    SeededRandom random(1);
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string id = make_ssl_server_id(random).text;
        EXPECT_EQ(id.size(), 24u);
        EXPECT_TRUE(id.starts_with("vss-km"));
        EXPECT_TRUE(seen.insert(id).second);
    }
    EXPECT_EQ(make_account_id(random).text.size(), 16u);
}

TEST(Names, HoldNoControlCharactersAndAreNoWebAddresses) {
    for (const char* name : {"", "a", "営業部", "a b"}) EXPECT_TRUE(check_name(name)) << name;
    const auto kanji = [](int count) {
        std::string text;
        for (int i = 0; i < count; ++i) text += "門";
        return text;
    };
    EXPECT_TRUE(check_name(kanji(128)) && check_gateway_name(kanji(100)));
    EXPECT_TRUE(check_description(kanji(256)));
    EXPECT_FALSE(check_name(kanji(129)) || check_gateway_name(kanji(101)));
    EXPECT_FALSE(check_gateway_name(kanji(1)) || check_description(kanji(257)));
    for (const std::string& name :
         {std::string("http://x"), std::string("https://x"), std::string(129, 'a'),
          std::string("a\nb"), std::string("a\0b", 3), std::string("\xff"), std::string("\xc0\x80"),
          std::string("\xed\xa0\x80")})
        EXPECT_EQ(check_name(name).error().code, "InvalidName") << name;
    for (const char* name : {"", "gw", "gw-1.a_b", "関門"})
        EXPECT_TRUE(check_gateway_name(name)) << name;
    for (const char* name : {"a", "1a", "a b", "http://x"})
        EXPECT_FALSE(check_gateway_name(name)) << name;
    EXPECT_FALSE(check_client_token(std::string(65, 'a')));
    EXPECT_FALSE(check_client_token("a b"));
}

TEST(VpcCidr, IsANetworkOfPrivateSize) {
    EXPECT_TRUE(check_vpc_cidr("10.0.0.0/8"));
    EXPECT_EQ(check_vpc_cidr("10.0.0.1/8").error().code, "IllegalParam.CidrBlock");
    EXPECT_THAT(check_vpc_cidr("10.0.0.1/8").error().message, HasSubstr("10.0.0.0/8"));
    EXPECT_FALSE(check_vpc_cidr("0.0.0.0/0"));
    EXPECT_FALSE(check_vpc_cidr("127.0.0.0/8"));
}

TEST(Namespace, NamesAFileBelowOneDirectory) {
    for (const char* name : {"", "vpc-1", "a.b_c"}) EXPECT_TRUE(check_namespace(name)) << name;
    for (const char* name : {"..", ".", "a/b", "../x", "a b", ".hidden"})
        EXPECT_EQ(check_namespace(name).error().code, "IllegalParam.Namespace") << name;
    EXPECT_FALSE(check_namespace(std::string_view("a\0b", 3)));
}

TEST(GatewayStatus, FollowsFromTheNumbersOfItsChanges) {
    VpnGateway gateway;
    gateway.created_by = 5;
    gateway.changed_by = 7;
    EXPECT_EQ(status_of(gateway, 4), GatewayStatus::provisioning);
    EXPECT_EQ(status_of(gateway, 5), GatewayStatus::updating);
    EXPECT_EQ(status_of(gateway, 7), GatewayStatus::active);
}

TEST(CertificateStatus, WarnsSevenDaysAhead) {
    ClientCertificate certificate;
    certificate.not_after = unix_time_of(100'000'000);
    const auto status = [&](UnixTime now) { return certificate_status(certificate, now); };
    EXPECT_EQ(status(certificate.not_after - std::chrono::days(7) - 1s), "normal");
    EXPECT_EQ(status(certificate.not_after - std::chrono::days(7)), "expiring-soon");
    EXPECT_EQ(status(certificate.not_after), "expiring-soon");
    EXPECT_EQ(status(certificate.not_after + 1s), "expired");
}

}  // namespace
}  // namespace kanmon::model
