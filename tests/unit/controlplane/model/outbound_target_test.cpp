#include "controlplane/model/outbound_target.h"

#include <gtest/gtest.h>

namespace kanmon::model {
namespace {

Endpoint target(const char* text) {
    if (const auto v4 = parse_ipv4(text)) return Endpoint::v4(*v4, 443);
    return {*parse_ipv6(text), 443};
}

TEST(OutboundTarget, ThePublicInternetMayBeCalled) {
    for (const char* text :
         {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.0.0.1",
          "172.15.255.255", "172.32.0.0", "192.167.255.255", "223.255.255.255", "2606:4700::1111",
          "2a00:1450::1", "2001:4860::1"})
        EXPECT_TRUE(may_be_called(target(text), {})) << text;
}

TEST(OutboundTarget, ThisHostItsNetworksAndWhatStandsForThemMayNot) {
    for (const char* text : {"0.0.0.0",
                             "0.1.2.3",
                             "10.0.0.1",
                             "10.255.255.255",
                             "100.64.0.1",
                             "127.0.0.1",
                             "127.255.255.254",
                             "169.254.169.254",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.0.0.8",
                             "192.0.2.1",
                             "192.168.1.1",
                             "198.18.0.1",
                             "198.51.100.1",
                             "203.0.113.1",
                             "224.0.0.1",
                             "239.1.1.1",
                             "240.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "::7f00:1",
                             "::ffff:10.0.0.1",
                             "::ffff:127.0.0.1",
                             "64:ff9b::7f00:1",
                             "64:ff9b:1::1",
                             "100::1",
                             "2001::1",
                             "2001:20::1",
                             "2001:db8::1",
                             "2002:7f00:1::1",
                             "3fff::1",
                             "4000::1",
                             "fc00::1",
                             "fd12:3456::1",
                             "fe80::1",
                             "fec0::1",
                             "ff02::1"})
        EXPECT_FALSE(may_be_called(target(text), {})) << text;
}

TEST(OutboundTarget, WhatIsListedMayAndNothingBesideIt) {
    const AllowedTargets allowed{{*parse_cidr("10.1.0.0/16")}, {*parse_cidr6("fd00:1::/32")}};
    EXPECT_TRUE(may_be_called(target("10.1.2.3"), allowed));
    EXPECT_TRUE(may_be_called(target("::ffff:10.1.2.3"), allowed));
    EXPECT_TRUE(may_be_called(target("fd00:1::9"), allowed));
    EXPECT_FALSE(may_be_called(target("10.2.0.1"), allowed));
    EXPECT_FALSE(may_be_called(target("fd00:2::9"), allowed));
}

}  // namespace
}  // namespace kanmon::model
