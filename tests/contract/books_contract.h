// What every adapter of Books promises, as tests. An adapter's test instantiates BooksContract with
// a type that makes empty books: `struct Maker { std::unique_ptr<Books> make(); };`
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "contract/audit_rows.h"

namespace kanmon::usecases {

inline const Actor contract_actor{.account = {"1000000000000001"},
                                  .role = model::Role::owner,
                                  .access_key = "KMAK1",
                                  .request_id = "REQUEST-1"};

inline Token contract_token(std::string client_token, std::string parameters = "A=1") {
    return {.client_token = std::move(client_token),
            .action = "CreateVpc",
            .parameters = std::move(parameters),
            .dry_run = false,
            .now = unix_time_of(1'700'000'000)};
}

inline model::Account contract_account() {
    return {.id = contract_actor.account,
            .name = "contract",
            .role = model::Role::owner,
            .created_at = unix_time_of(5)};
}

inline model::Vpc contract_vpc(const std::string& id, const std::string& network_namespace) {
    return {.id = {id},
            .account = contract_actor.account,
            .region = "r",
            .name = "名前",
            .description = "d",
            .cidr = *parse_cidr("10.0.0.0/8"),
            .network_namespace = network_namespace,
            .created_at = unix_time_of(7)};
}

/// One of each kind of setting.
inline model::ServerOptions contract_options() {
    model::ServerOptions options;
    options.extra_listeners = {{bridge::Transport::tcp, 443}, {bridge::Transport::udp, 1195}};
    options.wrapping = bridge::Wrapping::tls_crypt_v2;
    options.clients = model::OldestClient::v2_5;
    options.client_pool6 = parse_cidr6("fd00:8::/112");
    options.dns_search_domains = {"corp.example", "b.example"};
    options.login_certificate = false;
    options.token_seconds = 3600;
    return options;
}

inline model::VpnGateway contract_gateway() {
    return {.id = {"vpn-1"},
            .account = contract_actor.account,
            .region = "r",
            .vpc = {"vpc-1"},
            .name = "n",
            .description = "d",
            .public_address = Ipv4{0xcb007101},
            .bandwidth_mbit = 20,
            .ssl_connections_max = 50,
            .ssl_enabled = true,
            .ipsec_enabled = false,
            .network_type = "private",
            .vswitch = {"vsw-1"},
            .second_vswitch = {"vsw-2"},
            .resource_group = "rg-1",
            .auto_propagate = true,
            .created_at = unix_time_of(9),
            .created_by = 3,
            .changed_by = 4};
}

inline model::SslServer contract_server() {
    return {.id = {"vss-1"},
            .account = contract_actor.account,
            .gateway = {"vpn-1"},
            .name = "n",
            .client_pool = *parse_cidr("192.168.0.0/24"),
            .local_subnet = "10.0.0.0/8,100.100.2.136/32",
            .transport = bridge::Transport::tcp,
            .port = 23,
            .cipher = "AES-192-CBC",
            .compress = true,
            .dns_servers = "100.100.2.136",
            .topology = bridge::Topology::subnet,
            .hold_seconds = 77,
            .options = contract_options(),
            .multi_factor = true,
            .idaas_instance = {"idaas-1"},
            .created_at = unix_time_of(11),
            .authority_pem = "ca",
            .sealed_authority_key = from_hex("00ff10"),
            .certificate_pem = "cert",
            .sealed_key = from_hex("00ff10"),
            .sealed_wrapping_key = from_hex("01"),
            .sealed_token_key = from_hex("02"),
            .revision = "abc",
            .origin = model::AuthorityOrigin::elsewhere,
            .client_authority_pem = "their ca"};
}

inline model::VpnConnection contract_connection() {
    return {.id = {"vco-1"},
            .account = contract_actor.account,
            .gateway = {"vpn-1"},
            .name = "n",
            .local_subnet = "10.0.0.0/8",
            .remote_subnet = "192.168.0.0/16,172.20.0.0/16",
            .effective_at_once = true,
            .auto_route = false,
            .dynamic_routing = true,
            .named_tunnels = true,
            .health = {true, "10.0.0.1", "10.0.0.2", 5, 7, "reserve_route"},
            .created_at = unix_time_of(12)};
}

inline model::IpsecTunnel contract_tunnel() {
    model::IpsecTunnel tunnel{.id = {"tun-1"},
                              .account = contract_actor.account,
                              .connection = {"vco-1"},
                              .customer_gateway = {"cgw-1"},
                              .role = model::TunnelRole::slave,
                              .dead_peer_detection = false,
                              .nat_traversal = false,
                              .settings = {},
                              .sealed_psk = from_hex("00ff10")};
    tunnel.settings.ike_version = "ikev2";
    tunnel.settings.ipsec_group = "disabled";
    tunnel.settings.ike_lifetime_seconds = 3600;
    tunnel.settings.local_id = "site";
    tunnel.settings.inner_cidr = parse_cidr("169.254.11.0/30");
    tunnel.settings.local_inner_ip = parse_ipv4("169.254.11.1");
    return tunnel;
}

inline model::VpnRoute contract_route() {
    return {.id = {"rte-1"},
            .account = contract_actor.account,
            .gateway = {"vpn-1"},
            .next_hop = {"vco-1"},
            .policy_based = true,
            .source = *parse_cidr("10.0.0.0/8"),
            .destination = *parse_cidr("0.0.0.0/0"),
            .weight = 0,
            .priority = 3,
            .published = true,
            .description = "d",
            .created_at = unix_time_of(13)};
}

inline model::Diagnosis contract_diagnosis() {
    return {.id = {"vpndgn-1"},
            .account = contract_actor.account,
            .gateway = {"vpn-1"},
            .connection = {"vco-gone"},
            .made_at = unix_time_of(15),
            .items = {{"A", model::DiagnosisLevel::error, {{"x", "1=2"}, {"y", ""}}},
                      {"B", model::DiagnosisLevel::warning, {}}}};
}

inline model::CustomerGateway contract_customer_gateway() {
    return {.id = {"cgw-1"},
            .account = contract_actor.account,
            .region = "r",
            .name = "n",
            .description = "d",
            .resource_group = "rg-1",
            .address = Ipv4{0xc6336401},
            .asn = 4294967295,
            .sealed_auth_key = from_hex("0102"),
            .created_at = unix_time_of(14)};
}

inline model::IdaasInstance contract_instance() {
    return {{"idaas-1"}, contract_actor.account, "staff", unix_time_of(6)};
}

inline model::IdaasUser contract_user(const std::string& id, const std::string& name) {
    return {.id = {id},
            .account = contract_actor.account,
            .instance = contract_instance().id,
            .name = name,
            .enabled = false,
            .password_hash = "$argon2id$",
            .sealed_totp = from_hex("00ff10"),
            .created_at = unix_time_of(7),
            .changed_at = unix_time_of(8)};
}

inline model::ClientCertificate contract_certificate() {
    return {.id = {"vsc-1"},
            .account = contract_actor.account,
            .server = contract_server().id,
            .name = "n",
            .created_at = unix_time_of(1),
            .not_after = unix_time_of(2),
            .serial = "1f",
            .certificate_pem = "pem",
            .sealed_key = from_hex("00ff10"),
            .static_address = Ipv4{0xc0a80006}};
}

template <class Maker>
class BooksContract : public testing::Test {
protected:
    BooksContract() : books(maker.make()) { put_account(); }
    void put_account() {
        const auto receipt =
            books->transact(contract_actor, contract_token(""), [](Ledger& ledger) {
                ledger.accounts().put(contract_account());
                return Outcome<Receipt>(Receipt{"account", ""});
            });
        EXPECT_TRUE(receipt);
    }
    Outcome<Receipt> put_vpc(const Token& token, const std::string& id) {
        return books->transact(contract_actor, token, [&](Ledger& ledger) {
            ledger.vpcs().put(contract_vpc(id, id));
            return Outcome<Receipt>(Receipt{id, "name of " + id});
        });
    }
    std::size_t vpcs() {
        std::size_t count = 0;
        EXPECT_TRUE(books->look([&](Ledger& ledger) { count = ledger.vpcs().all().size(); }));
        return count;
    }
    std::size_t audited() { return audit_rows(*books, 1000).size(); }

    Maker maker;
    std::unique_ptr<Books> books;
};

TYPED_TEST_SUITE_P(BooksContract);

TYPED_TEST_P(BooksContract, AChangeItsTokenAndItsAuditRowAreStoredTogether) {
    const std::size_t before = this->audited();
    const auto receipt = this->put_vpc(contract_token("token"), "vpc-1");
    ASSERT_TRUE(receipt);
    EXPECT_EQ(*receipt, (Receipt{"vpc-1", "name of vpc-1"}));
    EXPECT_EQ(this->vpcs(), 1u);
    const auto rows = audit_rows(*this->books, 1, contract_actor.account);
    ASSERT_EQ(this->audited(), before + 1);
    EXPECT_EQ(rows.front().action, "CreateVpc");
    EXPECT_EQ(rows.front().subject, "vpc-1");
    EXPECT_EQ(rows.front().parameters, "A=1");
    EXPECT_EQ(rows.front().access_key, "KMAK1");
    EXPECT_EQ(rows.front().request_id, "REQUEST-1");
    EXPECT_EQ(rows.front().at, unix_time_of(1'700'000'000));
}

TYPED_TEST_P(BooksContract, ARefusedChangeLeavesNothingAndItsTokenStaysUsable) {
    const std::size_t before = this->audited();
    const auto refused = this->books->transact(
        contract_actor, contract_token("token"), [](Ledger& ledger) -> Outcome<Receipt> {
            ledger.vpcs().put(contract_vpc("vpc-1", "vpc-1"));
            return model::refuse("VpnGateway.Configuring", "later");
        });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "VpnGateway.Configuring");
    EXPECT_EQ(this->vpcs(), 0u);
    EXPECT_EQ(this->audited(), before);
    EXPECT_TRUE(this->put_vpc(contract_token("token", "B=2"), "vpc-2"));
}

TYPED_TEST_P(BooksContract, ARepeatedTokenGivesTheFirstReceiptAndChangesNothing) {
    ASSERT_TRUE(this->put_vpc(contract_token("token"), "vpc-1"));
    const std::size_t rows = this->audited();
    const auto again = this->put_vpc(contract_token("token"), "vpc-2");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->subject, "vpc-1");
    EXPECT_EQ(this->vpcs(), 1u);
    EXPECT_EQ(this->audited(), rows);
}

TYPED_TEST_P(BooksContract, ATokenWithOtherParametersIsRefused) {
    ASSERT_TRUE(this->put_vpc(contract_token("token"), "vpc-1"));
    const auto other = this->put_vpc(contract_token("token", "A=2"), "vpc-2");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, "IdempotentParameterMismatch");
}

TYPED_TEST_P(BooksContract, ASignedRequestChangesSomethingOnceAndAllOfItsChangesAreOne) {
    const auto put = [&](const std::string& request_id, const std::string& id, bool succeeds) {
        Actor actor = contract_actor;
        actor.request_id = request_id;
        actor.signed_request = {.mark = "mark", .ends = unix_time_of(1'700'000'900)};
        return this->books->transact(
            actor, contract_token(""), [&](Ledger& ledger) -> Outcome<Receipt> {
                if (!succeeds) return model::refuse("VpnGateway.Configuring", "later");
                ledger.vpcs().put(contract_vpc(id, id));
                return Receipt{id, ""};
            });
    };
    EXPECT_FALSE(put("REQUEST-1", "vpc-1", false));
    EXPECT_TRUE(put("REQUEST-2", "vpc-1", true));
    EXPECT_TRUE(put("REQUEST-2", "vpc-2", true));
    const auto replayed = put("REQUEST-3", "vpc-3", true);
    ASSERT_FALSE(replayed);
    EXPECT_EQ(replayed.error().code, "SignatureNonceUsed");
    EXPECT_EQ(this->vpcs(), 2u);
}

TYPED_TEST_P(BooksContract, TheTokenOfAnotherAccountIsAnotherToken) {
    ASSERT_TRUE(this->put_vpc(contract_token("token"), "vpc-1"));
    Actor other = contract_actor;
    other.account = {"1000000000000002"};
    const auto receipt = this->books->transact(other, contract_token("token"), [](Ledger& ledger) {
        model::Account account = contract_account();
        account.id = {"1000000000000002"};
        ledger.accounts().put(account);
        return Outcome<Receipt>(Receipt{"other", ""});
    });
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->subject, "other");
}

TYPED_TEST_P(BooksContract, ADryRunThatWouldSucceedIsRefusedAndLeavesNothing) {
    Token token = contract_token("token");
    token.dry_run = true;
    const auto refused = this->put_vpc(token, "vpc-1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "DryRunOperation");
    EXPECT_EQ(this->vpcs(), 0u);
    EXPECT_TRUE(this->put_vpc(contract_token("token"), "vpc-1"));
}

TYPED_TEST_P(BooksContract, EveryChangeHasALargerNumber) {
    std::vector<std::uint64_t> numbers;
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(this->books->transact(contract_actor, contract_token(""), [&](Ledger& ledger) {
            numbers.push_back(ledger.number());
            return Outcome<Receipt>(Receipt{"x", ""});
        }));
    EXPECT_LT(numbers[0], numbers[1]);
    EXPECT_LT(numbers[1], numbers[2]);
    std::uint64_t last = 0;
    ASSERT_TRUE(this->books->look([&](Ledger& ledger) { last = ledger.number(); }));
    EXPECT_EQ(last, numbers[2]);
    const auto first = this->books->next_snapshot_number();
    const auto second = this->books->next_snapshot_number();
    ASSERT_TRUE(first && second);
    EXPECT_LT(*first, *second);
}

TYPED_TEST_P(BooksContract, RowsOfEveryKindComeBackAsTheyWerePut) {
    const model::AccountId account = contract_actor.account;
    const Buffer sealed = from_hex("00ff10");
    const model::AccessKey key{
        {"KMAK2"}, account, sealed, unix_time_of(3), "名前", model::KeyRole::operating, false};
    const model::Vpc vpc = contract_vpc("vpc-1", "");
    const model::VpnGateway gateway = contract_gateway();
    const model::SslServer server = contract_server();
    const model::ClientCertificate certificate = contract_certificate();
    const model::RevokedCertificate revoked{{"vsc-2"},       account,         server.id, "2f",
                                            unix_time_of(4), unix_time_of(5), true};
    ASSERT_TRUE(this->books->transact(contract_actor, contract_token(""), [&](Ledger& ledger) {
        ledger.idaas_instances().put(contract_instance());
        ledger.access_keys().put(key);
        ledger.vpcs().put(vpc);
        ledger.vpn_gateways().put(gateway);
        ledger.ssl_servers().put(server);
        ledger.client_certificates().put(certificate);
        ledger.revoked_certificates().put(revoked);
        return Outcome<Receipt>(Receipt{"x", ""});
    }));
    ASSERT_TRUE(this->books->look([&](Ledger& ledger) {
        EXPECT_EQ(ledger.accounts().find(account.text), contract_account());
        EXPECT_EQ(ledger.access_keys().below(account.text), std::vector{key});
        EXPECT_EQ(ledger.vpcs().of_account(account), std::vector{vpc});
        EXPECT_EQ(ledger.vpn_gateways().below("vpc-1"), std::vector{gateway});
        EXPECT_EQ(ledger.ssl_servers().below("vpn-1"), std::vector{server});
        EXPECT_EQ(ledger.client_certificates().below("vss-1"), std::vector{certificate});
        EXPECT_EQ(ledger.revoked_certificates().below("vss-1"), std::vector{revoked});
        EXPECT_FALSE(ledger.vpcs().find("vpc-2"));
        EXPECT_TRUE(ledger.vpcs().of_account({"none"}).empty());
    }));
}

TYPED_TEST_P(BooksContract, WhatLeadsToOtherSitesComesBackAsItWasPut) {
    const model::AccountId account = contract_actor.account;
    const model::VSwitch part{{"vsw-1"}, account, {"vpc-1"},      "r-a", *parse_cidr("10.1.0.0/16"),
                              "n",       "d",     unix_time_of(2)};
    const model::ResourceTag tag{
        model::tag_id("vpn-1", "k"), account, "vpn-1", model::TaggedKind::vpn_gateway, {"k", ""}};
    ASSERT_TRUE(this->books->transact(contract_actor, contract_token(""), [&](Ledger& ledger) {
        ledger.vpcs().put(contract_vpc("vpc-1", ""));
        ledger.vpn_gateways().put(contract_gateway());
        ledger.vswitches().put(part);
        ledger.customer_gateways().put(contract_customer_gateway());
        ledger.vpn_connections().put(contract_connection());
        ledger.ipsec_tunnels().put(contract_tunnel());
        ledger.vpn_routes().put(contract_route());
        ledger.resource_tags().put(tag);
        ledger.diagnoses().put(contract_diagnosis());
        return Outcome<Receipt>(Receipt{"x", ""});
    }));
    ASSERT_TRUE(this->books->look([&](Ledger& ledger) {
        EXPECT_EQ(ledger.vswitches().below("vpc-1"), std::vector{part});
        EXPECT_EQ(ledger.customer_gateways().of_account(account),
                  std::vector{contract_customer_gateway()});
        EXPECT_EQ(ledger.vpn_connections().below("vpn-1"), std::vector{contract_connection()});
        EXPECT_EQ(ledger.ipsec_tunnels().below("vco-1"), std::vector{contract_tunnel()});
        EXPECT_EQ(ledger.vpn_routes().below("vpn-1"), std::vector{contract_route()});
        EXPECT_EQ(ledger.resource_tags().below("vpn-1"), std::vector{tag});
        EXPECT_EQ(ledger.diagnoses().below("vpn-1"), std::vector{contract_diagnosis()});
        EXPECT_FALSE(ledger.resource_tags().find("vpn-1"));
    }));
}

TYPED_TEST_P(BooksContract, PutReplacesARowInItsPlaceAndRemoveForgetsIt) {
    ASSERT_TRUE(this->put_vpc(contract_token(""), "vpc-2"));
    ASSERT_TRUE(this->put_vpc(contract_token(""), "vpc-1"));
    ASSERT_TRUE(this->books->transact(contract_actor, contract_token(""), [](Ledger& ledger) {
        model::Vpc vpc = contract_vpc("vpc-2", "vpc-2");
        vpc.name = "new";
        ledger.vpcs().put(vpc);
        return Outcome<Receipt>(Receipt{"x", ""});
    }));
    ASSERT_TRUE(this->books->look([](Ledger& ledger) {
        const auto vpcs = ledger.vpcs().all();
        ASSERT_EQ(vpcs.size(), 2u);
        EXPECT_EQ(vpcs[0].id.text, "vpc-2");
        EXPECT_EQ(vpcs[0].name, "new");
    }));
    ASSERT_TRUE(this->books->transact(contract_actor, contract_token(""), [](Ledger& ledger) {
        ledger.vpcs().remove("vpc-2");
        return Outcome<Receipt>(Receipt{"x", ""});
    }));
    EXPECT_EQ(this->vpcs(), 1u);
}

TYPED_TEST_P(BooksContract, LeasesAreKeptByServerAndAddress) {
    const StoredLease held{{.server_id = "vss-1",
                            .address = Ipv4{0xc0a80006},
                            .holder = "vsc-1",
                            .session = 0,
                            .held_until = instant_of(123456789012345)},
                           "boot-1"};
    StoredLease connected = held;
    connected.lease.session = 0xfedcba9876543210;
    connected.lease.held_until = {};
    StoredLease second = held;
    second.lease.address = Ipv4{0xc0a8000a};
    ASSERT_TRUE(this->books->write_leases({{connected}, {held}, {second}}));
    EXPECT_EQ(*this->books->leases(), (std::vector{held, second}));
    StoredLease unknown = held;
    unknown.lease.server_id = "vss-9";
    ASSERT_TRUE(this->books->write_leases({{connected}, {held, true}, {unknown, true}}));
    EXPECT_EQ(*this->books->leases(), std::vector{second});
}

TYPED_TEST_P(BooksContract, UsersAreFoundByTheNameTheyHaveInTheirSource) {
    const model::IdaasUser user = contract_user("user-1", "anna");
    ASSERT_TRUE(this->books->transact(contract_actor, contract_token(""), [&](Ledger& ledger) {
        ledger.idaas_instances().put(contract_instance());
        ledger.idaas_users().put(user);
        return Outcome<Receipt>(Receipt{"x", ""});
    }));
    ASSERT_TRUE(this->books->look([&](Ledger& ledger) {
        EXPECT_EQ(ledger.idaas_instances().of_account(contract_actor.account),
                  std::vector{contract_instance()});
        EXPECT_EQ(ledger.idaas_users().below("idaas-1"), std::vector{user});
        EXPECT_EQ(ledger.idaas_user_named("idaas-1", "anna"), user);
        EXPECT_FALSE(ledger.idaas_user_named("idaas-1", "Anna"));
        EXPECT_FALSE(ledger.idaas_user_named("idaas-2", "anna"));
    }));
}

// TOTP reuse: CVE-2021-43177, CVE-2026-82470, CVE-2026-103655.
TYPED_TEST_P(BooksContract, AStepOfAUsersCodesIsUsedOnce) {
    ASSERT_TRUE(this->books->transact(contract_actor, contract_token(""), [](Ledger& ledger) {
        ledger.idaas_instances().put(contract_instance());
        for (const char* id : {"user-1", "user-2"}) ledger.idaas_users().put(contract_user(id, id));
        return Outcome<Receipt>(Receipt{"x", ""});
    }));
    EXPECT_EQ(this->books->use_code("user-1", 1000), true);
    EXPECT_EQ(this->books->use_code("user-1", 1000), false);
    EXPECT_EQ(this->books->use_code("user-1", 1001), true);
    EXPECT_EQ(this->books->use_code("user-1", 1000), false);
    EXPECT_EQ(this->books->use_code("user-2", 1000), true);
}

inline EventWrite contract_event(const std::string& resource, const std::string& mark) {
    return {.event = {.number = 0,
                      .account = contract_actor.account,
                      .at = unix_time_of(9),
                      .kind = "CertificateExpired",
                      .resource = resource,
                      .server = "vss-1",
                      .message = "m"},
            .mark = mark,
            .mark_kept_until = unix_time_of(1000)};
}

TYPED_TEST_P(BooksContract, AnEventOfOneMarkIsStoredOnceAndTheNewestComeFirst) {
    const UnixTime now = unix_time_of(9);
    EXPECT_EQ(this->books->append_events({contract_event("a", "1"), contract_event("b", "2")}, now),
              2u);
    EXPECT_EQ(this->books->append_events({contract_event("a", "1"), contract_event("c", "")}, now),
              1u);
    EventQuery query{.account = contract_actor.account, .kind = {}, .resource = {}, .server = {}};
    const auto all = this->books->events(query);
    ASSERT_EQ(all->size(), 3u);
    EXPECT_EQ(all->front().resource, "c");
    EXPECT_GT(all->front().number, all->back().number);
    query.resource = "a";
    EXPECT_EQ(this->books->events(query)->size(), 1u);
    query = {.account = {"2000000000000002"}, .kind = {}, .resource = {}, .server = {}};
    EXPECT_TRUE(this->books->events(query)->empty());
    EXPECT_EQ(this->books->append_events({contract_event("a", "1")}, unix_time_of(1001)), 1u);
}

TYPED_TEST_P(BooksContract, AnAccountHasAThousandEventsAndAPushedOutOneStaysTold) {
    const UnixTime now = unix_time_of(9);
    std::vector<EventWrite> many{contract_event("first", "first")};
    for (std::size_t i = 0; i < model::events_max; ++i) many.push_back(contract_event("x", ""));
    ASSERT_TRUE(this->books->append_events(many, now));
    const EventQuery query{
        .account = contract_actor.account, .kind = {}, .resource = {}, .server = {}};
    EXPECT_EQ(this->books->events(query)->size(), model::events_max);
    EXPECT_EQ(this->books->append_events({contract_event("first", "first")}, now), 0u);
}

REGISTER_TYPED_TEST_SUITE_P(BooksContract, AnEventOfOneMarkIsStoredOnceAndTheNewestComeFirst,
                            AnAccountHasAThousandEventsAndAPushedOutOneStaysTold,
                            AChangeItsTokenAndItsAuditRowAreStoredTogether,
                            ARefusedChangeLeavesNothingAndItsTokenStaysUsable,
                            ARepeatedTokenGivesTheFirstReceiptAndChangesNothing,
                            ATokenWithOtherParametersIsRefused,
                            ASignedRequestChangesSomethingOnceAndAllOfItsChangesAreOne,
                            UsersAreFoundByTheNameTheyHaveInTheirSource,
                            AStepOfAUsersCodesIsUsedOnce, TheTokenOfAnotherAccountIsAnotherToken,
                            ADryRunThatWouldSucceedIsRefusedAndLeavesNothing,
                            EveryChangeHasALargerNumber, RowsOfEveryKindComeBackAsTheyWerePut,
                            WhatLeadsToOtherSitesComesBackAsItWasPut,
                            PutReplacesARowInItsPlaceAndRemoveForgetsIt,
                            LeasesAreKeptByServerAndAddress);

}  // namespace kanmon::usecases
