// Settings of SSL servers beside everything else that is configured, and on their way down.
#include <gmock/gmock.h>

#include "contract/control_world.h"

namespace kanmon::usecases {
namespace {

using bridge::Transport;
using bridge::Wrapping;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Settings : public testing::Test {
protected:
    CreateSslServer request(const model::OptionTexts& options = {}) {
        CreateSslServer wanted = world.server_request(gateway);
        wanted.options = options;
        wanted.idaas_instance = staff;
        return wanted;
    }
    model::SslServerId create(const CreateSslServer& wanted) {
        const auto made = plane.ssl_servers.create(alice, wanted);
        EXPECT_TRUE(made) << made.error().message;
        return made ? made->id : model::SslServerId{};
    }
    Refusal refusal(const CreateSslServer& wanted) {
        const auto made = plane.ssl_servers.create(alice, wanted);
        return made ? Refusal{} : made.error();
    }
    Outcome<SslServerView> modify(const model::SslServerId& id, const model::OptionTexts& options) {
        ModifySslServer change;
        change.id = id.text;
        change.options = options;
        return plane.ssl_servers.modify(alice, change);
    }
    model::SslServer row(const model::SslServerId& id) {
        return plane.ssl_servers
            .list(alice, {.id = id.text, .gateway = {}, .name = {}, .page = {}})
            ->items.front()
            .server;
    }
    bridge::SslServer enforced(const model::SslServerId& id) {
        const auto composed = world.enforcement.compose(instant_of(1), world.now);
        for (const auto& server : composed->snapshot.servers)
            if (server.id == id.text) return server;
        return {};
    }

    ControlWorld world;
    ControlPlane& plane = world.plane;
    Call alice = world.account("alice");
    model::VpcId vpc = world.vpc(alice, "office");
    model::VpnGatewayId gateway = world.gateway(alice, vpc);
    std::string staff = plane.idaas.create(alice, "staff")->id.text;
};

TEST_F(Settings, AllOfThemReachTheDataProcess) {
    CreateSslServer wanted = request({{"ExtraListeners", "tcp:443"},
                                      {"Ipv6Listen", "true"},
                                      {"PortShare", "true"},
                                      {"Clients", "2.4"},
                                      {"Wrapping", "tls-auth"},
                                      {"KeyDirection", "false"},
                                      {"Digest", "SHA256"},
                                      {"AllowUnencrypted", "true"},
                                      {"ClientIpv6Pool", "fd00:8::/112"},
                                      {"LocalSubnet6", "fd00:1::/64"},
                                      {"DnsServers6", "fd00:1::53"},
                                      {"FullTunnel", "true"},
                                      {"BlockLan", "true"},
                                      {"DnsSearchDomains", "corp.example"},
                                      {"DnsSplitDomains", "a.example,b.example"},
                                      {"SameCertificate", "replace"},
                                      {"SourceNat", "true"},
                                      {"TunMtu", "1400"},
                                      {"OuterMtu", "1300"},
                                      {"ClientBandwidth", "20"},
                                      {"InactiveSeconds", "600"},
                                      {"RenegotiateSeconds", "60"},
                                      {"KeepalivePing", "5"},
                                      {"KeepaliveRestart", "20"},
                                      {"LoginPassword", "true"},
                                      {"LoginCode", "true"},
                                      {"TokenSeconds", "3600"}});
    wanted.cipher = "none";
    wanted.compress = true;
    wanted.topology = "p2p";
    const auto id = create(wanted);
    const bridge::SslServer told = enforced(id);
    const Endpoint any4 = Endpoint::v4(Ipv4{}, 1194);
    EXPECT_THAT(told.listeners,
                ElementsAre(bridge::Listener{Transport::udp, any4},
                            bridge::Listener{Transport::tcp, Endpoint::v4(Ipv4{}, 443)},
                            bridge::Listener{Transport::udp, Endpoint{Ipv6{}, 1194}},
                            bridge::Listener{Transport::tcp, Endpoint{Ipv6{}, 443}}));
    EXPECT_EQ(told.topology, bridge::Topology::p2p);
    EXPECT_TRUE(told.port_share && told.full_tunnel && told.block_lan && told.compression_framing);
    EXPECT_EQ(told.wrapping.kind, Wrapping::tls_auth);
    EXPECT_EQ(told.wrapping.key.view().size(), 256u);
    EXPECT_EQ(told.wrapping.digest, "SHA256");
    EXPECT_FALSE(told.wrapping.directed);
    EXPECT_EQ(told.digest, "SHA256");
    EXPECT_EQ(told.fallback_cipher, "none");
    EXPECT_EQ(told.inner6, (bridge::Inner6{*parse_cidr6("fd00:8::/112"),
                                           {*parse_cidr6("fd00:1::/64")},
                                           {*parse_ipv6("fd00:1::53")}}));
    EXPECT_THAT(told.dns_search_domains, ElementsAre("corp.example"));
    EXPECT_THAT(told.dns_split_domains, ElementsAre("a.example", "b.example"));
    EXPECT_EQ(told.same_holder, bridge::SameHolder::replace_older);
    EXPECT_EQ((std::array<int, 2>{told.tun_mtu, told.outer_octets_max}), (std::array{1400, 1300}));
    EXPECT_EQ(std::pair(told.client_bandwidth_mbit, told.inactive_seconds), std::pair(20u, 600u));
    EXPECT_EQ(told.renegotiate_seconds, 60u);
    EXPECT_EQ((std::array<int, 2>{told.keepalive_ping_seconds, told.keepalive_restart_seconds}),
              (std::array{5, 20}));
    EXPECT_TRUE(told.login.certificate && told.login.password && told.login.code);
    EXPECT_EQ(told.login.token_seconds, 3600u);
    EXPECT_EQ(told.login.token_key.view().size(), 32u);
    EXPECT_TRUE(bridge::decode_snapshot(
        bridge::encode(world.enforcement.compose(instant_of(2), world.now)->snapshot)));

    const auto want = world.enforcement.compose(instant_of(3), world.now)->want;
    EXPECT_TRUE(want.servers.front().source_nat);
    EXPECT_EQ(want.servers.front().client_pool6, parse_cidr6("fd00:8::/112"));
    EXPECT_EQ(want.servers.front().mtu, 1400);
    EXPECT_EQ(want.servers.front().listeners, told.listeners);
}

TEST_F(Settings, WithoutThemAServerIsEnforcedAsBefore) {
    const bridge::SslServer told = enforced(create(request()));
    bridge::SslServer usual;
    EXPECT_EQ(told.wrapping, usual.wrapping);
    EXPECT_EQ(told.login, usual.login);
    EXPECT_EQ(told.inner6, usual.inner6);
    EXPECT_EQ(told.digest, usual.digest);
    EXPECT_EQ(told.tun_mtu, usual.tun_mtu);
    EXPECT_EQ(told.outer_octets_max, usual.outer_octets_max);
    EXPECT_EQ(told.keepalive_ping_seconds, usual.keepalive_ping_seconds);
    EXPECT_EQ(told.keepalive_restart_seconds, usual.keepalive_restart_seconds);
    EXPECT_EQ(told.renegotiate_seconds, usual.renegotiate_seconds);
    EXPECT_EQ(told.same_holder, usual.same_holder);
    EXPECT_FALSE(told.full_tunnel || told.block_lan || told.port_share || told.compression_framing);
    EXPECT_EQ(told.listeners.size(), 1u);
    EXPECT_THAT(told.static_addresses, IsEmpty());
}

TEST_F(Settings, CipherNoneRefusesOldClientsUnlessClearPacketsAreAllowed) {
    CreateSslServer wanted = request();
    wanted.cipher = "none";
    const auto id = create(wanted);
    EXPECT_EQ(enforced(id).fallback_cipher, "");
    ASSERT_TRUE(modify(id, {{"AllowUnencrypted", "true"}}));
    EXPECT_EQ(enforced(id).fallback_cipher, "none");
}

TEST_F(Settings, NamedClientsGetTheStrongestWrappingThatTheyKnow) {
    const std::vector<std::tuple<std::string, Wrapping, std::string>> expected{
        {"2.3", Wrapping::tls_auth, "SHA256"},
        {"2.4", Wrapping::tls_crypt, "SHA1"},
        {"2.6", Wrapping::tls_crypt_v2, "SHA1"}};
    for (const auto& [clients, wrapping, digest] : expected) {
        const auto id = create(request({{"Clients", clients}}));
        EXPECT_EQ(row(id).options.wrapping, wrapping) << clients;
        EXPECT_EQ(row(id).options.digest, digest) << clients;
        ASSERT_TRUE(plane.ssl_servers.remove(alice, id));
    }
    const auto id = create(request({{"Clients", "2.6"}, {"Wrapping", "none"}}));
    EXPECT_EQ(row(id).options.wrapping, Wrapping::none);
    ASSERT_TRUE(modify(id, {{"Clients", "2.4"}}));
    EXPECT_EQ(row(id).options.wrapping, Wrapping::none);
}

TEST_F(Settings, AKeyIsSealedAndLastsAsLongAsItsWrapping) {
    const auto id = create(request({{"Wrapping", "tls-auth"}}));
    const bridge::SslServer first = enforced(id);
    const std::string sealed = as_text(row(id).sealed_wrapping_key);
    EXPECT_THAT(sealed, testing::StartsWith(id.text + "/wrapping|"));
    ASSERT_TRUE(modify(id, {{"TunMtu", "1400"}}));
    EXPECT_EQ(enforced(id).wrapping, first.wrapping);
    ASSERT_TRUE(modify(id, {{"Wrapping", "tls-crypt"}, {"Clients", "2.5"}}));
    EXPECT_NE(enforced(id).wrapping.key, first.wrapping.key);
    ASSERT_TRUE(modify(id, {{"Wrapping", "tls-crypt-v2"}}));
    EXPECT_EQ(enforced(id).wrapping.key.view().size(), 128u);
    ASSERT_TRUE(modify(id, {{"Wrapping", "none"}}));
    EXPECT_TRUE(row(id).sealed_wrapping_key.empty());
    EXPECT_TRUE(enforced(id).wrapping.key.empty());
}

TEST_F(Settings, TokensKeepTheirKey) {
    const auto id = create(request({{"LoginPassword", "true"}, {"TokenSeconds", "60"}}));
    const SecretBuffer key = enforced(id).login.token_key;
    ASSERT_TRUE(modify(id, {{"TokenSeconds", "0"}}));
    EXPECT_TRUE(enforced(id).login.token_key.empty());
    ASSERT_TRUE(modify(id, {{"TokenSeconds", "600"}}));
    EXPECT_EQ(enforced(id).login.token_key, key);
}

TEST_F(Settings, AListenerIsTakenForTheWholeInstallation) {
    create(request({{"ExtraListeners", "tcp:443,udp:1195"}}));
    CreateSslServer other = request();
    other.client_pool = "192.168.1.0/24";
    EXPECT_EQ(refusal(other).code, "IllegalParam.Port");
    EXPECT_THAT(refusal(other).message, HasSubstr("UDP port 1196 is free"));
    other.port = 1196;
    other.options["ExtraListeners"] = "tcp:443";
    EXPECT_EQ(refusal(other).code, "IllegalParam.ExtraListeners");
    EXPECT_THAT(refusal(other).message, HasSubstr("TCP port 1194 is free"));
    other.options["ExtraListeners"] = "tcp:1195";
    EXPECT_EQ(refusal(other), Refusal{});
}

TEST_F(Settings, AnIpv6ListenerIsTakenOnEveryAddress) {
    world.ports.installation.public_addresses = {Ipv4{0xcb007101}, Ipv4{0xcb007102}};
    create(request({{"Ipv6Listen", "true"}}));
    const auto elsewhere = world.gateway(alice, vpc);
    ASSERT_NE(plane.vpn_gateways.find(alice, gateway)->gateway.public_address,
              plane.vpn_gateways.find(alice, elsewhere)->gateway.public_address);
    CreateSslServer other = world.server_request(elsewhere);
    other.client_pool = "192.168.1.0/24";
    other.options["Ipv6Listen"] = "true";
    EXPECT_EQ(refusal(other).code, "IllegalParam.Port");
    other.options.clear();
    EXPECT_EQ(refusal(other), Refusal{});
}

TEST_F(Settings, AGatewayGetsNoAddressThatClientsOfItsVpcHave) {
    const Ipv4 inside = *parse_ipv4("192.168.0.77");
    create(request());
    world.ports.installation.public_addresses = {inside, Ipv4{0xcb007109}};
    const auto made = world.gateway(alice, vpc);
    ASSERT_FALSE(made.empty());
    EXPECT_EQ(plane.vpn_gateways.find(alice, made)->gateway.public_address, Ipv4{0xcb007109});
    world.ports.installation.public_addresses = {inside};
    CreateVpnGateway wanted;
    wanted.region = "r";
    wanted.vpc = vpc.text;
    wanted.bandwidth = 10;
    const auto refused = plane.vpn_gateways.create(alice, wanted);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "DependencyViolation");
    EXPECT_THAT(refused.error().message, HasSubstr("the client CIDR 192.168.0.0/24"));
}

TEST_F(Settings, AnIpv6PoolKeepsClearOfTheAddressThatBundlesName) {
    world.ports.installation.public_address6 = *parse_ipv6("fd00:8::9");
    const auto refused = refusal(request({{"ClientIpv6Pool", "fd00:8::/112"}}));
    EXPECT_EQ(refused.code, "IllegalParam.ClientIpv6Pool");
    EXPECT_THAT(refused.message, HasSubstr("fd00:8::9"));
    EXPECT_EQ(refusal(request({{"ClientIpv6Pool", "fd00:9::/112"}})), Refusal{});
}

TEST_F(Settings, Ipv6NetworksOfOneVpcKeepClearOfEachOther) {
    create(request({{"ClientIpv6Pool", "fd00:8::/112"}, {"LocalSubnet6", "fd00:1::/64"}}));
    CreateSslServer other = request();
    other.client_pool = "192.168.1.0/24";
    other.port = 1195;
    other.options = {{"ClientIpv6Pool", "fd00:8::/96"}};
    EXPECT_EQ(refusal(other).code, "IllegalParam.ClientIpv6Pool");
    EXPECT_THAT(refusal(other).message, HasSubstr("of SSL server vss-"));
    other.options = {{"ClientIpv6Pool", "fd00:1::/112"}};
    EXPECT_EQ(refusal(other).code, "IllegalParam.ClientIpv6Pool");
    other.options = {{"ClientIpv6Pool", "fd00:9::/112"}, {"LocalSubnet6", "fd00:8::/64"}};
    EXPECT_EQ(refusal(other).code, "IllegalParam.LocalSubnet6");
    other.options = {{"ClientIpv6Pool", "fd00:9::/112"}, {"LocalSubnet6", "fd00:1::/64"}};
    EXPECT_EQ(refusal(other), Refusal{});
}

TEST_F(Settings, ResolversOfAFullTunnelMayBeAnywhere) {
    CreateSslServer wanted = request();
    wanted.dns_servers = "9.9.9.9";
    EXPECT_EQ(refusal(wanted).code, "IllegalParam.DnsServers");
    wanted.options["FullTunnel"] = "true";
    const auto id = create(wanted);
    EXPECT_THAT(enforced(id).dns_servers, ElementsAre(*parse_ipv4("9.9.9.9")));
    EXPECT_EQ(modify(id, {{"FullTunnel", "false"}}).error().code, "IllegalParam.DnsServers");
}

TEST_F(Settings, ARefusedSettingChangesNothing) {
    const auto id = create(request());
    const model::SslServer before = row(id);
    EXPECT_FALSE(modify(id, {{"TunMtu", "1400"}, {"KeepalivePing", "600"}}));
    EXPECT_EQ(row(id), before);
}

TEST_F(Settings, TwoLongListsThatDifferAtTheirEndAreTwoRequests) {
    CreateSslServer wanted = request();
    wanted.local_subnet = "20.0.0.0/24";
    for (int i = 1; i < 500; ++i)
        wanted.local_subnet +=
            ",20." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".0/24";
    Call call = alice;
    call.client_token = "token";
    ASSERT_TRUE(plane.ssl_servers.create(call, wanted));
    EXPECT_TRUE(plane.ssl_servers.create(call, wanted));
    wanted.local_subnet.back() = '5';
    EXPECT_EQ(plane.ssl_servers.create(call, wanted).error().code, "IdempotentParameterMismatch");
}

TEST_F(Settings, TheAuditRowTellsWhichWereSent) {
    const auto id = create(request());
    ASSERT_TRUE(modify(id, {{"TunMtu", "1400"}, {"FullTunnel", "true"}}));
    const auto audit = audit_rows(world.books, 1).front();
    EXPECT_THAT(audit.parameters, HasSubstr("TunMtu=1400"));
    EXPECT_THAT(audit.parameters, HasSubstr("FullTunnel=true"));
    EXPECT_THAT(audit.parameters, Not(HasSubstr("Wrapping")));
}

class StaticAddresses : public Settings {
protected:
    Outcome<ClientCertificateNamed> make(const std::string& address) {
        return plane.client_certificates.create(
            alice, {.server = server.text, .name = "laptop", .static_address = address});
    }
    Outcome<ClientCertificateNamed> give(const model::ClientCertificateId& id,
                                         const std::string& address) {
        return plane.client_certificates.modify(alice,
                                                {.id = id, .name = {}, .static_address = address});
    }
    model::SslServerId server = create(request());
};

TEST_F(StaticAddresses, BelongToOneCertificateAndReachTheDataProcess) {
    const auto first = make("192.168.0.10");
    ASSERT_TRUE(first);
    const bridge::StaticAddress told{first->id.text, *parse_ipv4("192.168.0.10")};
    EXPECT_THAT(enforced(server).static_addresses, ElementsAre(told));
    EXPECT_EQ(make("192.168.0.11").error().code, "IllegalParam.StaticAddress");
    EXPECT_THAT(make("192.168.0.10").error().message, HasSubstr(first->id.text));

    const auto second = make("");
    ASSERT_TRUE(second);
    EXPECT_FALSE(give(second->id, "192.168.0.10"));
    EXPECT_TRUE(give(first->id, "192.168.0.10"));
    ASSERT_TRUE(give(first->id, ""));
    ASSERT_TRUE(give(second->id, "192.168.0.10"));
    EXPECT_EQ(enforced(server).static_addresses.front().holder, second->id.text);
}

TEST_F(StaticAddresses, HoldTheirPoolAndTopology) {
    const auto certificate = make("192.168.0.254");
    EXPECT_FALSE(certificate);
    const auto held = make("192.168.0.250");
    ASSERT_TRUE(held);
    ModifySslServer change;
    change.id = server.text;
    change.client_pool = "192.168.0.0/25";
    const auto refused = plane.ssl_servers.modify(alice, change);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr(held->id.text));
    change.client_pool = {};
    change.topology = "subnet";
    EXPECT_TRUE(plane.ssl_servers.modify(alice, change));
    ASSERT_TRUE(give(held->id, "192.168.0.251"));
    change.topology = "net30";
    EXPECT_FALSE(plane.ssl_servers.modify(alice, change));
}

TEST_F(StaticAddresses, AreNothingWhereClientsAreKnownByTheirUsers) {
    const auto held = make("192.168.0.10");
    ASSERT_TRUE(held);
    EXPECT_EQ(modify(server, {{"LoginPassword", "true"}}).error().code,
              "IllegalParam.LoginPassword");
    EXPECT_EQ(modify(server, {{"LoginWeb", "true"}}).error().code, "IllegalParam.LoginWeb");
    ModifySslServer second_factor;
    second_factor.id = server.text;
    second_factor.enable_multi_factor_auth = true;
    EXPECT_EQ(plane.ssl_servers.modify(alice, second_factor).error().code,
              "IllegalParam.EnableMultiFactorAuth");
    ASSERT_TRUE(give(held->id, ""));
    ASSERT_TRUE(modify(server, {{"LoginPassword", "true"}}));
    EXPECT_EQ(make("192.168.0.10").error().code, "IllegalParam.StaticAddress");
}

TEST_F(StaticAddresses, AChangeNeedsANameOrAnAddress) {
    const auto certificate = make("");
    EXPECT_EQ(plane.client_certificates
                  .modify(alice, {.id = certificate->id, .name = {}, .static_address = {}})
                  .error()
                  .code,
              "MissingName");
    EXPECT_TRUE(plane.client_certificates.modify(
        alice, {.id = certificate->id, .name = "new", .static_address = {}}));
    EXPECT_EQ(give({"vsc-0"}, "").error().code, "InvalidSslVpnClientCertId.NotFound");
}

TEST_F(Settings, EachCertificateHasAWrappedKeyOfItsOwn) {
    const auto id = create(request({{"Clients", "2.5"}}));
    const auto one = world.certificate(alice, id);
    const auto two = world.certificate(alice, id);
    const auto config = [&](const model::ClientCertificateId& certificate) {
        return plane.client_certificates.find(alice, certificate)->client_config;
    };
    EXPECT_THAT(config(one), HasSubstr("<tls-crypt-v2>\n"));
    const auto key_of = [&](const model::ClientCertificateId& certificate) {
        const std::string text = config(certificate);
        return text.substr(text.find("<tls-crypt-v2>"));
    };
    EXPECT_NE(key_of(one), key_of(two));
    EXPECT_EQ(key_of(one), key_of(one));
    const auto bundle = plane.client_certificates.bundle(alice, {.id = one});
    EXPECT_THAT(as_text(bundle->packed.content.view()), HasSubstr(one.text + ".tc.key"));
}

TEST_F(Settings, BundlesNameTheIpv6AddressOfTheInstallation) {
    const auto id = create(request({{"Ipv6Listen", "true"}}));
    const auto certificate = world.certificate(alice, id);
    const auto config = [&] {
        return plane.client_certificates.find(alice, certificate)->client_config;
    };
    EXPECT_THAT(config(), Not(HasSubstr("udp6")));
    world.ports.installation.public_address6 = parse_ipv6("2001:db8::1");
    EXPECT_THAT(config(), HasSubstr("remote 2001:db8::1 1194 udp6\n"));
    ASSERT_TRUE(modify(id, {{"Ipv6Listen", "false"}}));
    EXPECT_THAT(config(), Not(HasSubstr("udp6")));
}

TEST_F(Settings, AGatewayHasSeveralServers) {
    create(request());
    CreateSslServer second = request();
    second.client_pool = "192.168.1.0/24";
    second.port = 1195;
    create(second);
    EXPECT_EQ(world.enforcement.compose(instant_of(1), world.now)->snapshot.servers.size(), 2u);
}

}  // namespace
}  // namespace kanmon::usecases
