// Access rules of a server: who may be named, what reaches the data process, and what becomes of a
// rule when those whom it names go.
#include <gmock/gmock.h>

#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/snapshot_budget.h"
#include "office.h"

namespace kanmon::usecases {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class AccessDesk : public testing::Test {
protected:
    AccessRuleChange everybody(const std::string& network = "10.0.0.0/8") {
        AccessRuleChange change;
        change.policy = "drop";
        change.everybody = true;
        change.networks = {network};
        return change;
    }
    AccessRuleChange users(std::vector<std::string> ids) {
        AccessRuleChange change = everybody();
        change.everybody.reset();
        change.users = std::move(ids);
        return change;
    }
    AccessRuleChange groups(std::vector<std::string> ids) {
        AccessRuleChange change = users({});
        change.groups = std::move(ids);
        return change;
    }
    AccessRuleChange certificates(std::vector<std::string> ids) {
        AccessRuleChange change = users({});
        change.certificates = std::move(ids);
        return change;
    }
    AccessRuleView made(const AccessRuleChange& change) {
        const auto rule = desk.create(office.alice, {office.server, change});
        EXPECT_TRUE(rule) << rule.error().message;
        return rule ? *rule : AccessRuleView{};
    }
    std::string refused(const AccessRuleChange& change, const std::string& server = {}) {
        const auto rule =
            desk.create(office.alice, {server.empty() ? office.server : server, change});
        return rule ? "it was taken" : rule.error().code + ": " + rule.error().message;
    }
    std::string refused_change(const std::string& id, const AccessRuleChange& change) {
        const auto rule = desk.modify(office.alice, {id, change});
        return rule ? "it was taken" : rule.error().code + ": " + rule.error().message;
    }
    std::vector<AccessRuleView> listed() {
        return desk.list(office.alice, {.server = office.server, .id = {}, .page = {1, 50}})->items;
    }
    bridge::AccessPolicy enforced(const std::string& server = {}) {
        const auto all = office.enforcement.compose(Instant{}, office.now);
        EXPECT_TRUE(all);
        for (const bridge::SslServer& one : all->snapshot.servers)
            if (one.id == (server.empty() ? office.server : server)) return one.access;
        return {};
    }
    std::string group() {
        return office.plane.assignments
            .list_groups(office.alice, {.instance = office.instance, .id = {}, .page = {}})
            ->items.front()
            .id.text;
    }
    /// A second server of the gateway, which asks for certificates only.
    std::string plain_server() {
        const auto gateway = office.plane.vpn_gateways.list(office.alice, {})->items.front();
        CreateSslServer request = office.server_request(gateway.gateway.id);
        request.client_pool = "192.168.9.0/24";
        request.port = 1195;
        const auto server = office.plane.ssl_servers.create(office.alice, request);
        EXPECT_TRUE(server);
        return server->id.text;
    }

    Office office;
    AccessRules& desk = office.plane.access_rules;
};

TEST_F(AccessDesk, RulesReachTheDataProcessInTheOrderOfTheirPriorities) {
    AccessRuleChange last = everybody("0.0.0.0/0");
    last.networks.push_back("::/0");
    last.priority = 9000;
    AccessRuleChange first = users({office.plain.id.text, office.outside.id.text});
    first.priority = 3;
    first.policy = "accept";
    first.networks = {"10.1.0.0/16", "fd00:1::/64"};
    first.protocol = "tcp";
    first.ports = {"443", "8000-8100"};
    AccessRuleChange middle = groups({group()});
    middle.priority = 40;
    middle.protocol = "icmp";
    const std::string last_id = made(last).rule.id.text;
    const std::string first_id = made(first).rule.id.text;
    const std::string middle_id = made(middle).rule.id.text;

    const bridge::AccessPolicy policy = enforced();
    ASSERT_EQ(policy.rules.size(), 3U);
    EXPECT_EQ(policy.rules[0], (bridge::AccessRule{.id = first_id,
                                                   .verdict = bridge::AccessVerdict::allow,
                                                   .everybody = false,
                                                   .certificates = {},
                                                   .users = {"plain", "outside"},
                                                   .groups = {},
                                                   .networks = {*parse_cidr("10.1.0.0/16")},
                                                   .networks6 = {*parse_cidr6("fd00:1::/64")},
                                                   .protocol = 6,
                                                   .ports = {{443, 443}, {8000, 8100}}}));
    EXPECT_EQ(policy.rules[1].id, middle_id);
    EXPECT_EQ(policy.rules[1].groups, std::vector<std::uint32_t>{0});
    EXPECT_EQ(policy.rules[1].protocol, 1);
    ASSERT_EQ(policy.groups.size(), 1U);
    EXPECT_THAT(policy.groups[0].users, ElementsAre("plain"));
    EXPECT_EQ(policy.rules[2].id, last_id);
    EXPECT_TRUE(policy.rules[2].everybody);
    EXPECT_EQ(policy.otherwise, bridge::AccessVerdict::allow);
    EXPECT_EQ(policy.from_vpc, bridge::AccessVerdict::allow);
}

TEST_F(AccessDesk, WithoutRulesAServerBehavesAsTheOriginalsAndSettingsSayOtherwise) {
    EXPECT_EQ(enforced(), bridge::AccessPolicy{});
    ModifySslServer change;
    change.id = office.server;
    change.options = {{"AccessDefault", "deny"}, {"AccessFromVpc", "deny"}};
    ASSERT_TRUE(office.plane.ssl_servers.modify(office.alice, change));
    EXPECT_EQ(enforced().otherwise, bridge::AccessVerdict::deny);
    EXPECT_EQ(enforced().from_vpc, bridge::AccessVerdict::deny);
    change.options = {{"AccessDefault", "drop"}};
    EXPECT_THAT(office.plane.ssl_servers.modify(office.alice, change).error().message,
                HasSubstr("allow or deny"));
}

TEST_F(AccessDesk, APriorityIsOneRulesAndTheNextFreeOneIsNamed) {
    AccessRuleChange change = everybody();
    EXPECT_EQ(made(change).rule.priority, 10U);
    EXPECT_EQ(made(change).rule.priority, 20U) << "behind the last, with room between";
    change.priority = 20;
    const std::string said = refused(change);
    EXPECT_THAT(said, HasSubstr("IllegalParam.Priority"));
    EXPECT_THAT(said, HasSubstr(listed()[1].rule.id.text));
    EXPECT_THAT(said, HasSubstr("21 is free"));
    change.priority = 10000;
    const std::string end = made(change).rule.id.text;
    change.priority.reset();
    EXPECT_EQ(made(change).rule.priority, 1U) << "where the end is taken";
    AccessRuleChange moved;
    moved.priority = 10;
    EXPECT_THAT(refused_change(end, moved), HasSubstr("IllegalParam.Priority"));
    moved.priority = 10000;
    EXPECT_EQ(refused_change(end, moved), "it was taken") << "its own";
    moved.priority = 15;
    ASSERT_TRUE(desk.modify(office.alice, {end, moved}));
    std::vector<std::uint32_t> order;
    for (const AccessRuleView& view : listed()) order.push_back(view.rule.priority);
    EXPECT_THAT(order, ElementsAre(1, 10, 15, 20));
}

TEST_F(AccessDesk, NamesOnlyWhoIsKnownToTheServer) {
    const std::string plain = plain_server();
    const std::string own =
        office.certificate(office.alice, model::SslServerId{office.server}).text;
    const std::string other = office.certificate(office.alice, model::SslServerId{plain}).text;
    const auto second = office.plane.idaas.create(office.alice, "second");
    const auto stranger = office.plane.idaas.create_user(
        office.alice, {second->id.text, "plain", SecretBuffer(as_bytes("correct horse"))});
    const auto strangers =
        office.plane.assignments.create_group(office.alice, {second->id.text, "desk"});

    EXPECT_THAT(refused(users({stranger->id.text})), HasSubstr("of the identity source"));
    EXPECT_THAT(refused(groups({strangers->id.text})), HasSubstr("IllegalParam.GroupId"));
    EXPECT_THAT(refused(users({office.plain.id.text}), plain), HasSubstr("asks for no users"));
    EXPECT_THAT(refused(certificates({other})), HasSubstr("not of " + office.server));
    EXPECT_THAT(refused(users({"user-none"})), HasSubstr("InvalidIDaaSUserId.NotFound"));
    EXPECT_THAT(refused(groups({"group-none"})), HasSubstr("InvalidIDaaSGroupId.NotFound"));
    EXPECT_THAT(refused(certificates({"vsc-none"})),
                HasSubstr("InvalidSslVpnClientCertId.NotFound"));
    AccessRuleChange named = users({});
    named.common_names = {"anna.example"};
    EXPECT_THAT(refused(named), HasSubstr("send SslVpnClientCertId.N"));
    EXPECT_THAT(refused(users({})), HasSubstr("A rule says whom it means"));
    EXPECT_THAT(listed(), IsEmpty());

    made(certificates({own, own}));
    EXPECT_THAT(enforced().rules.front().certificates, ElementsAre(own));
    AccessRuleChange onto = certificates({other});
    EXPECT_THAT(refused_change(listed().front().rule.id.text, onto), HasSubstr("not of"));
}

TEST_F(AccessDesk, WhatBelongsToAnotherAccountAnswersAsIfItDidNotExist) {
    const Call bob = office.account("bob");
    const auto source = office.plane.idaas.create(bob, "theirs");
    const auto user = office.plane.idaas.create_user(
        bob, {source->id.text, "eve", SecretBuffer(as_bytes("correct horse"))});
    const auto theirs = office.plane.assignments.create_group(bob, {source->id.text, "desk"});
    EXPECT_EQ(refused(users({user->id.text})),
              "InvalidIDaaSUserId.NotFound: There is no user " + user->id.text + ".");
    EXPECT_EQ(refused(groups({theirs->id.text})),
              "InvalidIDaaSGroupId.NotFound: There is no group " + theirs->id.text + ".");
    const std::string id = made(everybody()).rule.id.text;
    EXPECT_EQ(desk.modify(bob, {id, everybody()}).error().code, "InvalidAccessRuleId.NotFound");
    EXPECT_EQ(desk.remove(bob, id).error().code, "InvalidAccessRuleId.NotFound");
    EXPECT_EQ(desk.list(bob, {.server = office.server, .id = {}, .page = {}}).error().code,
              "InvalidSslVpnServerId.NotFound");
    EXPECT_EQ(listed().size(), 1U);
}

TEST_F(AccessDesk, AChangeOfMembershipMakesANewSnapshot) {
    made(groups({group()}));
    const int before = office.gatekeeper.changes;
    ASSERT_TRUE(
        office.plane.assignments.add_to_group(office.alice, {group(), {office.outside.id.text}}));
    EXPECT_GT(office.gatekeeper.changes, before);
    EXPECT_THAT(enforced().groups.front().users, UnorderedElementsAre("plain", "outside"));
    const int after = office.gatekeeper.changes;
    ASSERT_TRUE(office.plane.assignments.remove_from_group(office.alice,
                                                           {group(), {office.plain.id.text}}));
    EXPECT_GT(office.gatekeeper.changes, after);
    EXPECT_THAT(enforced().groups.front().users, ElementsAre("outside"));
}

TEST_F(AccessDesk, ARuleWhoseUserIsDeletedMeansNobodyNotEverybodyNorTheNextOfThatName) {
    made(users({office.plain.id.text}));
    const int before = office.gatekeeper.changes;
    ASSERT_TRUE(office.plane.idaas.remove_user(office.alice, office.plain.id.text));
    EXPECT_GT(office.gatekeeper.changes, before);
    const model::IdaasUser next = office.add("plain");
    EXPECT_NE(next.id, office.plain.id);
    const bridge::AccessRule rule = enforced().rules.front();
    EXPECT_FALSE(rule.everybody);
    EXPECT_THAT(rule.users, IsEmpty());
    EXPECT_THAT(rule.groups, IsEmpty());
    EXPECT_THAT(rule.certificates, IsEmpty());
    const AccessRuleView view = listed().front();
    EXPECT_THAT(view.warnings, ElementsAre(HasSubstr("means nobody")));
    EXPECT_FALSE(view.subjects.front().name);
    AccessRuleChange words;
    words.description = "still there";
    EXPECT_EQ(refused_change(view.rule.id.text, words), "it was taken");
    EXPECT_THAT(enforced().rules.front().users, IsEmpty());
}

TEST_F(AccessDesk, AnAccountsRulesGroupsAndListsKeepToItsShareOfTheSnapshot) {
    const auto group = office.plane.assignments.create_group(office.alice, {office.instance, "g"});
    const std::vector<std::string> names(100, std::string(600, 'n'));
    const auto fill = [&](std::size_t rules) {
        ASSERT_TRUE(office.books.transact(office.alice.actor, {}, [&](Ledger& ledger) {
            for (std::size_t i = 0; i < rules; ++i) {
                model::AccessRule rule;
                rule.id = {"acr-" + std::to_string(i)};
                rule.account = office.alice.actor.account;
                rule.server = {office.server};
                rule.priority = static_cast<std::uint32_t>(1000 + i);
                rule.subjects.certificates = names;
                ledger.access_rules().put(rule);
            }
            return Outcome<Receipt>(Receipt{});
        }));
    };
    const std::size_t rules = account_octets_max / (100 * 604 + 64);
    fill(rules);
    const auto named = made(groups({group->id.text}));
    fill(rules + 1);
    EXPECT_THAT(refused(everybody()), HasSubstr("Resource.QuotaFull: The access rules of"));
    EXPECT_THAT(refused_change(named.rule.id.text, everybody()), HasSubstr("Resource.QuotaFull"));
    const auto entered = office.plane.assignments.add_to_group(
        office.alice, {group->id.text, {office.plain.id.text}});
    ASSERT_FALSE(entered);
    EXPECT_EQ(entered.error().code, "Resource.QuotaFull");
    ASSERT_TRUE(desk.remove(office.alice, "acr-0"));
    EXPECT_TRUE(office.plane.assignments.add_to_group(office.alice,
                                                      {group->id.text, {office.plain.id.text}}));
}

TEST_F(AccessDesk, ARuleWhoseCertificateIsDeletedMeansNobody) {
    const auto certificate = office.certificate(office.alice, model::SslServerId{office.server});
    made(certificates({certificate.text}));
    EXPECT_THAT(enforced().rules.front().certificates, ElementsAre(certificate.text));
    ASSERT_TRUE(office.plane.client_certificates.remove(office.alice, certificate));
    const bridge::AccessRule rule = enforced().rules.front();
    EXPECT_FALSE(rule.everybody);
    EXPECT_THAT(rule.certificates, IsEmpty());
    EXPECT_THAT(listed().front().warnings, ElementsAre(HasSubstr("means nobody")));
}

TEST_F(AccessDesk, AGroupThatARuleNamesStaysUntilTheRuleIsChanged) {
    const std::string id = made(groups({group()})).rule.id.text;
    const auto refused = office.plane.assignments.remove_group(office.alice, group());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "DependencyViolation");
    EXPECT_THAT(refused.error().message, HasSubstr(id));
    ASSERT_TRUE(desk.modify(office.alice, {id, users({office.plain.id.text})}));
    EXPECT_TRUE(office.plane.assignments.remove_group(office.alice, group()));
}

TEST_F(AccessDesk, AServerThatAsksAnotherSourceTakesItsUsersForStrangers) {
    made(users({office.plain.id.text}));
    made(groups({group()}));
    const auto second = office.plane.idaas.create(office.alice, "second");
    ASSERT_TRUE(office.plane.idaas.create_user(
        office.alice, {second->id.text, "plain", SecretBuffer(as_bytes("correct horse"))}));
    ModifySslServer change;
    change.id = office.server;
    change.idaas_instance = second->id.text;
    ASSERT_TRUE(office.plane.ssl_servers.modify(office.alice, change));
    const bridge::AccessPolicy policy = enforced();
    for (const bridge::AccessRule& rule : policy.rules) {
        EXPECT_THAT(rule.users, IsEmpty()) << "the other source's 'plain' is somebody else";
        EXPECT_THAT(rule.groups, IsEmpty());
        EXPECT_FALSE(rule.everybody);
    }
    for (const AccessRuleView& view : listed())
        EXPECT_THAT(view.warnings.front(), HasSubstr("means nobody"));
}

TEST_F(AccessDesk, ACommonNameIsForServersWhoseAuthorityIsElsewhere) {
    const std::string plain = plain_server();
    ASSERT_TRUE(office.plane.server_authorities.import(
        office.alice, {.server = plain, .certificates_pem = "THEIRS", .private_key_pem = {}}));
    AccessRuleChange named = users({});
    named.common_names = {"Anna, of the desk", "bert"};
    ASSERT_TRUE(desk.create(office.alice, {plain, named}));
    EXPECT_THAT(enforced(plain).rules.front().certificates,
                ElementsAre("Anna, of the desk", "bert"));
    named.common_names = {std::string("a\nb")};
    EXPECT_THAT(refused(named, plain), HasSubstr("printable ASCII"));
}

TEST_F(AccessDesk, WhatIsSentReplacesItsPartAndNothingElse) {
    AccessRuleChange change = users({office.plain.id.text});
    change.groups = {group()};
    change.protocol = "tcp";
    change.ports = {"22"};
    change.description = "shell";
    const std::string id = made(change).rule.id.text;

    AccessRuleChange ports;
    ports.ports = {"2222"};
    auto rule = desk.modify(office.alice, {id, ports})->rule;
    EXPECT_EQ(model::port_texts(rule.targets.ports), std::vector<std::string>{"2222"});
    EXPECT_EQ(rule.targets.protocol, 6);
    EXPECT_EQ(rule.subjects.users.size(), 1U);
    EXPECT_EQ(rule.description, "shell");

    AccessRuleChange protocol;
    protocol.protocol = "icmp";
    rule = desk.modify(office.alice, {id, protocol})->rule;
    EXPECT_TRUE(rule.targets.ports.empty());

    AccessRuleChange subjects;
    subjects.users = {office.outside.id.text};
    rule = desk.modify(office.alice, {id, subjects})->rule;
    EXPECT_THAT(rule.subjects.users, ElementsAre(office.outside.id.text));
    EXPECT_THAT(rule.subjects.groups, IsEmpty()) << "who is named anew replaces all";

    AccessRuleChange bad;
    bad.ports = {"80"};
    EXPECT_THAT(refused_change(id, bad), HasSubstr("Ports belong to tcp and udp"));
    AccessRuleChange nobody;
    nobody.everybody = false;
    EXPECT_THAT(refused_change(id, nobody), HasSubstr("A rule says whom it means"));
    EXPECT_EQ(listed().front().rule, rule);
}

TEST_F(AccessDesk, ARuleThatAnEarlierOneCoversIsTakenWithAWarningThatNamesIt) {
    AccessRuleChange wide = groups({group()});
    wide.networks = {"10.0.0.0/8"};
    const std::string first = made(wide).rule.id.text;
    AccessRuleChange narrow = users({office.plain.id.text});
    narrow.networks = {"10.3.0.0/16"};
    const AccessRuleView hidden = made(narrow);
    ASSERT_EQ(hidden.warnings.size(), 1U) << "plain is in the group";
    EXPECT_THAT(hidden.warnings.front(), HasSubstr(first));
    narrow.users = {office.outside.id.text};
    EXPECT_THAT(made(narrow).warnings, IsEmpty());
    AccessRuleChange before;
    before.priority = 1;
    EXPECT_THAT(desk.modify(office.alice, {hidden.rule.id.text, before})->warnings, IsEmpty());
    AccessRuleChange ipv6 = everybody("fd00:9::/64");
    EXPECT_THAT(made(ipv6).warnings, ElementsAre(HasSubstr("ClientIpv6Pool")));
}

TEST_F(AccessDesk, AServerHasAThousandRulesAtMostAndTakesThemWithIt) {
    const auto fill =
        office.books.transact(office.alice.actor, token_of(office.alice, "Fill", {}),
                              [&](Ledger& ledger) -> Outcome<Receipt> {
                                  for (std::uint32_t number = 1; number <= 1000; ++number) {
                                      model::AccessRule rule;
                                      rule.id.text = "acr-" + std::to_string(number);
                                      rule.account = office.alice.actor.account;
                                      rule.server.text = office.server;
                                      rule.priority = number;
                                      rule.subjects.everybody = true;
                                      rule.targets.networks = {Cidr{{}, 0}};
                                      ledger.access_rules().put(rule);
                                  }
                                  return Receipt{};
                              });
    ASSERT_TRUE(fill);
    EXPECT_THAT(refused(everybody()), HasSubstr("Resource.QuotaFull: An SSL server has at most "
                                                "1000 access rules"));
    EXPECT_EQ(enforced().rules.size(), 1000U);
    ASSERT_TRUE(office.plane.ssl_servers.remove(office.alice, model::SslServerId{office.server}));
    ASSERT_TRUE(office.books.look(
        [](Ledger& ledger) { EXPECT_TRUE(ledger.access_rules().all().empty()); }));
}

}  // namespace
}  // namespace kanmon::usecases
