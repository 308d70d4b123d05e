#include <gmock/gmock.h>

#include <functional>
#include <set>

#include "contract/control_world.h"
#include "controlplane/usecases/revocations.h"

namespace kanmon::usecases {
namespace {

using std::chrono::days;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CertificateDesk : public testing::Test {
protected:
    std::vector<std::string> revoked(UnixTime at) {
        return world.enforcement.compose(boot, at)->snapshot.servers.front().revoked_serials;
    }
    std::string serial() {
        return plane.client_certificates.find(later(world.now), id)->view.certificate.serial;
    }
    Outcome<ClientCertificateRenewed> renew(std::int64_t overlap) {
        return plane.client_certificates.renew(alice, {.id = id, .overlap_seconds = overlap});
    }
    Call later(UnixTime at) {
        Call call = alice;
        call.now = at;
        return call;
    }
    std::vector<std::string> kinds(const std::string& resource = {}) {
        std::vector<std::string> found;
        const auto page =
            plane.events.list(alice, {.kind = {}, .resource = resource, .server = {}});
        for (const model::Event& event : page->items) found.push_back(event.kind);
        return found;
    }
    Outcome<BundleLinkCreated> link(model::BundleFormat format = model::BundleFormat::zip) {
        return plane.bundle_links.create(alice, {.certificate = id, .format = format});
    }
    Outcome<PackedBundle> redeem(const model::LinkTicket& ticket, UnixTime at) {
        return plane.bundle_links.redeem(ticket, "REQUEST", at);
    }
    model::SslServer stored() {
        std::optional<model::SslServer> found;
        EXPECT_TRUE(world.books.look(
            [&](Ledger& ledger) { found = ledger.ssl_servers().find(server.text); }));
        return *found;
    }
    Outcome<AuthorityChanged> import(const std::string& pem, bool with_key) {
        ImportAuthority request{
            .server = server.text, .certificates_pem = pem, .private_key_pem = {}};
        if (with_key) request.private_key_pem = SecretBuffer(as_bytes("their key"));
        return plane.server_authorities.import(alice, request);
    }
    Outcome<AuthorityView> upload(const std::string& list, bool refuse = true) {
        return plane.server_authorities.upload(
            alice, {.server = server.text, .pem = list, .refuse_when_expired = refuse});
    }
    void announce(const std::string& revision, const std::string& name) {
        bridge::ClientFact fact;
        fact.session = 1;
        fact.server_id = server.text;
        fact.common_name = name;
        fact.revision = revision;
        plane.client_certificates.learn(fact, world.now);
    }
    std::string bundle_state() {
        return plane.client_certificates.list(alice, {.id = id.text})->items.front().bundle_state;
    }

    ControlWorld world;
    ControlPlane& plane = world.plane;
    Call alice = world.account("alice");
    Call bob = world.account("bob");
    model::VpnGatewayId gateway = world.gateway(alice, world.vpc(alice, "office"));
    model::SslServerId server = world.server(alice, gateway);
    model::ClientCertificateId id = world.certificate(alice, server);
    Instant boot = instant_of(1);
};

// --- renewal -------------------------------------------------------------------------------------

TEST_F(CertificateDesk, ARenewedOneStaysGoodForItsOverlapAndThenEndsByItself) {
    const std::string old = serial();
    const auto renewed = renew(3600);
    ASSERT_TRUE(renewed);
    EXPECT_EQ(renewed->predecessor_ends_at, world.now + 3600s);
    EXPECT_NE(serial(), old);
    EXPECT_EQ(world.enforcement.compose(boot, world.now)->again_at, world.now + 3600s);
    EXPECT_THAT(revoked(world.now + 3599s), IsEmpty());
    EXPECT_EQ(revoked(world.now + 3600s), std::vector{old});
    EXPECT_FALSE(world.enforcement.compose(boot, world.now + 3600s)->again_at);
    EXPECT_TRUE(world.gatekeeper.disconnects.empty());
    const auto detail = plane.client_certificates.find(alice, id);
    ASSERT_EQ(detail->predecessors.size(), 1u);
    EXPECT_EQ(detail->predecessors.front().serial, old);
    EXPECT_TRUE(plane.client_certificates.find(later(world.now + 3600s), id)->predecessors.empty());
}

TEST_F(CertificateDesk, WithoutOverlapTheOldOneEndsAtOnce) {
    const std::string old = serial();
    ASSERT_TRUE(renew(0));
    EXPECT_EQ(revoked(world.now), std::vector{old});
}

TEST_F(CertificateDesk, TheOverlapIsAWeekUnlessSaidAndNinetyDaysAtMost) {
    const auto renewed = plane.client_certificates.renew(alice, {.id = id});
    ASSERT_TRUE(renewed);
    EXPECT_EQ(renewed->predecessor_ends_at, world.now + days(7));
    for (const std::int64_t wrong : {-1L, 7776001L}) {
        const auto refused = renew(wrong);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, "IllegalParam.OverlapSeconds");
        EXPECT_THAT(refused.error().message, HasSubstr("7776000"));
    }
    EXPECT_TRUE(renew(7776000));
}

TEST_F(CertificateDesk, DeletingARenewedOneEndsItsPredecessorsToo) {
    const std::string old = serial();
    ASSERT_TRUE(renew(7776000));
    const std::string present = serial();
    ASSERT_TRUE(plane.client_certificates.remove(alice, id));
    for (const UnixTime at : {world.now, world.now - days(1)}) {  // the clock may be set back
        const auto serials = revoked(at);
        EXPECT_EQ(std::set<std::string>(serials.begin(), serials.end()),
                  (std::set<std::string>{old, present}));
    }
    EXPECT_EQ(world.gatekeeper.disconnects.size(), 1u);
}

TEST_F(CertificateDesk, RevokingOneLeavesThePredecessorsOfOthersAlone) {
    const auto other = world.certificate(alice, server);
    ASSERT_TRUE(plane.client_certificates.renew(alice, {.id = other, .overlap_seconds = 60}));
    const std::string own = serial();
    ASSERT_TRUE(plane.client_certificates.remove(alice, id));
    EXPECT_EQ(revoked(world.now), std::vector{own});
}

TEST_F(CertificateDesk, WhatWasRevokedStaysSoWhenTheClockIsSetBack) {
    const std::string old = serial();
    ASSERT_TRUE(renew(60));
    const std::string replaced = serial();
    const Call ahead = later(world.now + days(1));
    ASSERT_TRUE(plane.client_certificates.renew(ahead, {.id = id, .overlap_seconds = 0}));
    EXPECT_EQ(revoked(world.now), std::vector{replaced}) << "an overlap goes by the clock";
    const std::string present = serial();
    ASSERT_TRUE(plane.client_certificates.remove(ahead, id));
    EXPECT_THAT(revoked(world.now), testing::UnorderedElementsAre(old, replaced, present));
}

TEST_F(CertificateDesk, ARevocationIsForgottenAYearAfterItsCertificateWouldHaveEnded) {
    const auto other = world.certificate(alice, server);
    const UnixTime kept = world.now + model::client_certificate_lifetime + days(365);
    const auto renew_at = [&](UnixTime at) {
        return plane.client_certificates.renew(later(at), {.id = other}).has_value();
    };
    const auto create_at = [&](UnixTime at) {
        return plane.client_certificates
            .create(later(at), {.server = server.text, .name = "another"})
            .has_value();
    };
    const auto import_at = [&](UnixTime at) {
        ImportAuthority request{.server = server.text,
                                .certificates_pem = "THEIR CA\n",
                                .private_key_pem = SecretBuffer(as_bytes("their key"))};
        return plane.server_authorities.import(later(at), request).has_value();
    };
    for (const std::function<bool(UnixTime)>& change :
         {std::function<bool(UnixTime)>(renew_at), {create_at}, {import_at}}) {
        const std::string old = serial();
        ASSERT_TRUE(renew(0));
        ASSERT_TRUE(change(kept));
        EXPECT_THAT(revoked(kept), testing::Contains(old));
        ASSERT_TRUE(change(kept + 1s));
        EXPECT_THAT(revoked(kept), Not(testing::Contains(old)));
    }
}

TEST_F(CertificateDesk, AnAccountHasRoomForAHundredThousandRevocationsThoseToComeAmongThem) {
    ASSERT_TRUE(renew(0));
    const auto room_for = [&](std::size_t more, UnixTime at) {
        Outcome<void> room;
        EXPECT_TRUE(world.books.transact(alice.actor, {}, [&](Ledger& ledger) {
            room = make_room_for_revocations(ledger, alice.actor.account, more, at);
            return Outcome<Receipt>(Receipt{});
        }));
        return room;
    };
    EXPECT_TRUE(room_for(99'998, world.now));
    const auto refused = room_for(99'999, world.now);
    ASSERT_FALSE(refused) << "one is revoked and one will be";
    EXPECT_EQ(refused.error().code, "Resource.QuotaFull");
    EXPECT_THAT(refused.error().message, HasSubstr("100000"));
    EXPECT_TRUE(room_for(99'999, world.now + days(1095 + 366)));
}

TEST_F(CertificateDesk, ARepeatedTokenRenewsOnceAndTellsTheSame) {
    alice.client_token = "once";
    const auto first = renew(3600);
    const std::string made = serial();
    alice.now += 60s;
    const auto again = renew(3600);
    ASSERT_TRUE(first && again);
    EXPECT_EQ(serial(), made);
    EXPECT_EQ(again->not_after, first->not_after);
    EXPECT_EQ(again->predecessor_ends_at, first->predecessor_ends_at);
}

TEST_F(CertificateDesk, ARepeatedTokenTellsNothingOfAnotherRenewal) {
    alice.client_token = "once";
    const auto first = renew(3600);
    Call other = later(alice.now + 60s);
    other.client_token.clear();
    ASSERT_TRUE(plane.client_certificates.renew(other, {.id = id, .overlap_seconds = 60}));
    ASSERT_TRUE(plane.client_certificates.modify(other, {id, "phone", std::nullopt}));
    const auto again = renew(3600);
    ASSERT_TRUE(first && again);
    EXPECT_EQ(again->name, "laptop");
    EXPECT_EQ(again->not_after, first->not_after);
    EXPECT_EQ(again->predecessor_ends_at, world.now + 3600s);
}

TEST_F(CertificateDesk, HasThreeGoodPredecessorsAtMost) {
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(renew(3600));
    EXPECT_EQ(renew(3600).error().code, "Resource.QuotaFull");
    EXPECT_TRUE(plane.client_certificates.renew(later(world.now + 3600s), {.id = id}));
}

// --- expiry --------------------------------------------------------------------------------------

TEST_F(CertificateDesk, IsNormalThenExpiringSoonForSevenDaysThenExpired) {
    const UnixTime end = world.now + days(1095);
    const auto status = [&](UnixTime at) {
        return plane.client_certificates.list(later(at), {.id = id.text})->items.front().status;
    };
    EXPECT_EQ(status(end - days(7) - 1s), "normal");
    EXPECT_EQ(status(end - days(7)), "expiring-soon");
    EXPECT_EQ(status(end), "expiring-soon");
    EXPECT_EQ(status(end + 1s), "expired");
    EXPECT_EQ(plane.client_certificates.find(later(end + 1s), id)->view.status, "expired");
}

TEST_F(CertificateDesk, IsToldOfOnceAtEachOf90And30And7DaysAndAtItsEndAlsoAcrossRestarts) {
    const UnixTime end = world.now + days(1095);
    std::vector<std::size_t> counts;
    for (const UnixTime at : {end - days(90) - 1s, end - days(90), end - days(40), end - days(30),
                              end - days(7), end - days(1), end, end + 1s, end + days(30)})
        for (int start = 0; start < 2; ++start) {
            CertificateWatch watch(world.ports);  // as a process that has just started
            EXPECT_TRUE(watch.look(at));
            EXPECT_TRUE(watch.look(at));
            counts.push_back(kinds(id.text).size());
        }
    EXPECT_EQ(counts,
              (std::vector<std::size_t>{0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4}));
    EXPECT_EQ(kinds(id.text),
              (std::vector<std::string>{"CertificateExpired", "CertificateExpiresSoon",
                                        "CertificateExpiresSoon", "CertificateExpiresSoon"}));
}

TEST_F(CertificateDesk, WhoComesLateIsToldOnceAndASuccessorIsToldAnew) {
    const UnixTime end = world.now + days(1095);
    EXPECT_TRUE(plane.certificate_watch.look(end - days(5)));
    const auto events = plane.events.list(alice, {.resource = id.text});
    ASSERT_EQ(events->total, 1u);
    EXPECT_THAT(events->items.front().message, HasSubstr("in 7 days or less"));
    EXPECT_THAT(events->items.front().message, HasSubstr("RenewSslVpnClientCert"));
    ASSERT_TRUE(plane.client_certificates.renew(later(end - days(5)), {.id = id}));
    EXPECT_TRUE(plane.certificate_watch.look(end));
    EXPECT_EQ(kinds(id.text).size(), 1u);
    EXPECT_TRUE(plane.certificate_watch.look(end - days(5) + days(1095) - days(7)));
    EXPECT_EQ(kinds(id.text).size(), 2u);
}

TEST_F(CertificateDesk, ServersAndAuthoritiesAreToldOfToo) {
    EXPECT_TRUE(plane.certificate_watch.look(world.now + days(3650) - days(30)));
    EXPECT_THAT(kinds(server.text), testing::ElementsAre("ServerCertificateExpiresSoon"));
    EXPECT_TRUE(plane.certificate_watch.look(world.now + days(7300) - days(90)));
    EXPECT_THAT(kinds(server.text), testing::Contains("AuthorityExpiresSoon"));
    EXPECT_EQ(plane.events.list(bob, {})->total, 0u);
}

TEST_F(CertificateDesk, WarningsThatCouldNotBeStoredComeLater) {
    const UnixTime at = world.now + days(1095) - days(30);
    world.books.away = true;
    EXPECT_EQ(plane.certificate_watch.look(at).error().code, "ServiceUnavailable");
    world.books.away = false;
    EXPECT_THAT(kinds(), IsEmpty());
    EXPECT_EQ(plane.certificate_watch.next(), at + 1min);
    EXPECT_TRUE(plane.certificate_watch.look(at + 1min));
    EXPECT_EQ(kinds(id.text).size(), 1u);
}

// --- bundles and what is held --------------------------------------------------------------------

TEST_F(CertificateDesk, AnAnnouncedRevisionIsKeptAndShowsWhichBundlesAreOld) {
    const std::string first = stored().revision;
    EXPECT_EQ(bundle_state(), "unknown");
    announce(first, id.text);
    EXPECT_EQ(bundle_state(), "current");
    ModifySslServer change;
    change.id = server.text;
    change.transport = "TCP";
    ASSERT_TRUE(plane.ssl_servers.modify(alice, change));
    EXPECT_EQ(bundle_state(), "stale");
    EXPECT_EQ(plane.client_certificates.list(alice, {.bundle_state = "stale"})->total, 1u);
    EXPECT_EQ(plane.client_certificates.list(alice, {.bundle_state = "current"})->total, 0u);
    announce(stored().revision, id.text);
    EXPECT_EQ(bundle_state(), "current");
}

TEST_F(CertificateDesk, WhatAClientInventsIsNoRevision) {
    for (const char* text : {"", "zz", "0123456789ABCDEF", "0123456789abcdef0", "<script>alert(1)"})
        announce(text, id.text);
    announce("0123456789abcdef", "vsc-of-nobody");
    EXPECT_EQ(bundle_state(), "unknown");
}

TEST_F(CertificateDesk, APkcs12HasThePasswordThatWasGivenOrOneThatIsShownOnce) {
    const auto p12 = [&](std::optional<SecretBuffer> password) {
        return plane.client_certificates.bundle(
            alice, {.id = id, .format = model::BundleFormat::p12, .password = std::move(password)});
    };
    const auto given = p12(SecretBuffer(as_bytes("correct horse")));
    ASSERT_TRUE(given);
    EXPECT_TRUE(given->made_password.empty());
    EXPECT_THAT(as_text(given->packed.content.view()), HasSubstr("correct horse\n"));
    EXPECT_EQ(given->packed.file_name, id.text + ".p12");
    const auto made = p12(std::nullopt);
    EXPECT_EQ(made->made_password.view().size(), 20u);
    EXPECT_NE(made->made_password, p12(std::nullopt)->made_password);
    EXPECT_EQ(p12(SecretBuffer(as_bytes("short"))).error().code, "IllegalParam.Password");
    const auto zip = plane.client_certificates.bundle(
        alice, {.id = id, .password = SecretBuffer(as_bytes("correct horse"))});
    EXPECT_EQ(zip.error().code, "IllegalParam.Password");
}

// --- links ---------------------------------------------------------------------------------------

TEST_F(CertificateDesk, ALinkGivesItsBundleOnceWithinTenMinutes) {
    const auto made = link();
    ASSERT_TRUE(made);
    EXPECT_EQ(made->expires_at, world.now + 10min);
    const auto packed = redeem(made->ticket, world.now + 10min - 1s);
    ASSERT_TRUE(packed);
    EXPECT_THAT(as_text(packed->content.view()), HasSubstr("config.ovpn"));
    EXPECT_EQ(redeem(made->ticket, world.now + 10min - 1s).error().code,
              "InvalidBundleLink.NotFound");
    const auto late = link();
    EXPECT_EQ(redeem(late->ticket, world.now + 10min).error(),
              redeem(made->ticket, world.now).error());
}

TEST_F(CertificateDesk, ALinkOpensForItsTokenOnlyAndAWrongOneDoesNotUseItUp) {
    const auto made = link();
    model::LinkTicket wrong = made->ticket;
    for (std::size_t i = 0; i < 32; ++i) {
        wrong.token = made->ticket.token;
        wrong.token.mutable_view()[i] ^= std::byte{1};
        EXPECT_EQ(redeem(wrong, world.now).error().http_status, 404) << i;
    }
    const auto other = link();
    EXPECT_FALSE(redeem({made->ticket.id, other->ticket.token}, world.now));
    EXPECT_TRUE(redeem(made->ticket, world.now));
}

TEST_F(CertificateDesk, OfATokenOnlyItsHashIsKept) {
    const auto made = link(model::BundleFormat::p12);
    const std::string token = to_hex(made->ticket.token.view());
    ASSERT_TRUE(world.books.look([&](Ledger& ledger) {
        const auto row = ledger.bundle_links().find(made->ticket.id.text);
        ASSERT_TRUE(row);
        EXPECT_EQ(as_text(row->token_hash), world.authority.digest(token));
        EXPECT_EQ(as_text(row->token_hash).find(token), std::string::npos);
    }));
    const std::string password = as_text(made->made_password.view());
    ASSERT_TRUE(redeem(made->ticket, world.now));
    const auto rows = audit_rows(world.books, 100, alice.actor.account);
    EXPECT_EQ(rows.front().action, "RedeemSslVpnClientCertLink");
    for (const AuditRow& row : rows) {
        const std::string text = row.access_key + row.subject + row.parameters;
        EXPECT_THAT(text, Not(HasSubstr(token)));
        EXPECT_THAT(text, Not(HasSubstr(password)));
    }
}

TEST_F(CertificateDesk, ALinkOfAPkcs12HasThePasswordThatWasShownWithIt) {
    const auto made = link(model::BundleFormat::p12);
    const std::string password = as_text(made->made_password.view());
    ASSERT_EQ(password.size(), 20u);
    EXPECT_THAT(as_text(redeem(made->ticket, world.now)->content.view()), HasSubstr(password));
}

TEST_F(CertificateDesk, ALinkGoesWithItsCertificateAndIsRemovedByItsOwnerOnly) {
    const auto one = link();
    EXPECT_EQ(plane.bundle_links.remove(bob, one->ticket.id).error().code,
              "InvalidBundleLinkId.NotFound");
    ASSERT_TRUE(plane.bundle_links.remove(alice, one->ticket.id));
    EXPECT_FALSE(redeem(one->ticket, world.now));
    const auto two = link();
    ASSERT_TRUE(plane.client_certificates.remove(alice, id));
    EXPECT_EQ(redeem(two->ticket, world.now).error().code, "InvalidBundleLink.NotFound");
}

TEST_F(CertificateDesk, AnAccountHasAHundredLinksAndEndedOnesMakeRoom) {
    for (std::size_t i = 0; i < model::bundle_links_max; ++i) ASSERT_TRUE(link());
    EXPECT_EQ(link().error().code, "Resource.QuotaFull");
    alice.now += 10min;
    EXPECT_TRUE(link());
}

TEST_F(CertificateDesk, ARepeatedTokenMakesNoSecondLinkAndSaysWhy) {
    alice.client_token = "once";
    ASSERT_TRUE(link());
    EXPECT_EQ(link().error().code, "IllegalParam.ClientToken");
}

TEST_F(CertificateDesk, AMillionTokensHaveNoTwoEqualAndEveryBitInBothStates) {
    SystemRandom random;
    std::set<std::array<std::byte, 32>> seen;
    std::array<std::size_t, 256> ones{};
    constexpr std::size_t tokens = 1'000'000;
    for (std::size_t i = 0; i < tokens; ++i) {
        const auto token = random.array<32>();
        for (std::size_t bit = 0; bit < ones.size(); ++bit)
            if ((token[bit / 8] >> (bit % 8) & std::byte{1}) != std::byte{}) ++ones[bit];
        EXPECT_TRUE(seen.insert(token).second);
    }
    // Seven standard deviations of a fair coin: 500 each.
    for (const std::size_t count : ones)
        EXPECT_NEAR(static_cast<double>(count), 500'000.0, 3'500.0);
}

// --- authorities from elsewhere ------------------------------------------------------------------

TEST_F(CertificateDesk, AnImportedAuthoritySignsTheServerAndEveryClientAnew) {
    const std::string revision = stored().revision;
    const std::string before = serial();
    const auto changed = import("THEIR CA\n", true);
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->reissued, 1u);
    EXPECT_EQ(changed->view.server.origin, model::AuthorityOrigin::imported);
    EXPECT_NE(stored().revision, revision);
    EXPECT_NE(serial(), before);
    EXPECT_EQ(world.authority.last_issuer.certificate_pem, "THEIR CA\n");
    EXPECT_EQ(as_text(world.authority.last_issuer.private_key_pem.view()), "their key");
    EXPECT_THAT(as_text(stored().sealed_authority_key), HasSubstr(server.text));
    const auto enforced = world.enforcement.compose(boot, world.now)->snapshot.servers.front();
    EXPECT_EQ(enforced.ca_certificate_pem, "THEIR CA\n");
    for (const AuditRow& row : audit_rows(world.books, 100))
        EXPECT_THAT(row.parameters, Not(HasSubstr("their key")));
}

TEST_F(CertificateDesk, WhatTheSameAuthoritySignedBeforeIsRevokedWhenItSignsAnew) {
    ASSERT_TRUE(import("THEIR CA\n", true));
    const std::string old = serial();
    ASSERT_TRUE(import("THEIR CA\n", true));
    EXPECT_THAT(revoked(world.now), testing::Contains(old));
    const std::string present = serial();
    ASSERT_TRUE(plane.client_certificates.remove(alice, id));
    EXPECT_THAT(revoked(world.now), testing::IsSupersetOf({old, present}));
}

TEST_F(CertificateDesk, AnAuthorityWithoutItsKeySignsElsewhereAndOursKeepsTheServer) {
    EXPECT_EQ(import("THEIR CA\n", false).error().code, "DependencyViolation");
    ASSERT_TRUE(plane.client_certificates.remove(alice, id));
    const std::string own = stored().authority_pem;
    ASSERT_TRUE(import("THEIR CA\n", false));
    const auto enforced = world.enforcement.compose(boot, world.now)->snapshot.servers.front();
    EXPECT_EQ(enforced.ca_certificate_pem, "THEIR CA\n");
    EXPECT_EQ(stored().authority_pem, own);
    const auto refused =
        plane.client_certificates.create(alice, {.server = server.text, .name = {}});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("signed elsewhere"));
    const auto profile = plane.server_authorities.profile(alice, server.text);
    ASSERT_TRUE(profile);
    EXPECT_THAT(as_text(profile->content.view()), HasSubstr("<ca>\n" + own));
    EXPECT_THAT(as_text(profile->content.view()), HasSubstr("cert client.crt\nkey client.key\n"));
    EXPECT_THAT(as_text(profile->content.view()), Not(HasSubstr("<key>")));
}

TEST_F(CertificateDesk, ABadAuthorityChangesNothing) {
    const model::SslServer before = stored();
    EXPECT_EQ(import("BAD", true).error().code, "IllegalParam.CaCertificate");
    EXPECT_EQ(stored(), before);
    EXPECT_EQ(plane.server_authorities.reset(alice, server.text).error().code,
              "IllegalParam.SslVpnServerId");
}

TEST_F(CertificateDesk, BackToItsOwnAuthorityEverythingIsSignedAnew) {
    ASSERT_TRUE(import("THEIR CA\n", true));
    const auto changed = plane.server_authorities.reset(alice, server.text);
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->reissued, 1u);
    EXPECT_EQ(changed->view.server.origin, model::AuthorityOrigin::own);
    EXPECT_THAT(stored().authority_pem, HasSubstr("certificate of ca " + server.text));
}

TEST_F(CertificateDesk, AnUploadedListRevokesAndAnOlderOneIsRefused) {
    EXPECT_EQ(upload("5 aa").error().code, "IllegalParam.Crl");
    ASSERT_TRUE(plane.client_certificates.remove(alice, id));
    const auto own = revoked(world.now);
    ASSERT_TRUE(import("THEIR CA\n", true));
    ASSERT_TRUE(upload("5 aa bb"));
    EXPECT_EQ(world.authority.last_list_issuer, "THEIR CA\n");
    EXPECT_EQ(revoked(world.now), (std::vector<std::string>{own.front(), "aa", "bb"}));
    const auto older = upload("4 aa");
    ASSERT_FALSE(older);
    EXPECT_THAT(older.error().message, HasSubstr("number 5"));
    ASSERT_TRUE(upload("10 cc"));
    EXPECT_EQ(revoked(world.now), (std::vector<std::string>{own.front(), "cc"}));
}

TEST_F(CertificateDesk, AListThatHasExpiredLetsNobodyInUnlessToldOtherwise) {
    ASSERT_TRUE(import("THEIR CA\n", true));
    ASSERT_TRUE(upload("5 aa"));
    const auto enabled = [&](UnixTime at) {
        return world.enforcement.compose(boot, at)->snapshot.servers.front().enabled;
    };
    EXPECT_EQ(world.enforcement.compose(boot, world.now)->again_at, world.now + days(7) + 1s);
    EXPECT_TRUE(enabled(world.now + days(7)));
    EXPECT_FALSE(enabled(world.now + days(7) + 1s));
    EXPECT_TRUE(plane.certificate_watch.look(world.now + days(7) + 1s));
    EXPECT_THAT(kinds(server.text), testing::ElementsAre("RevocationListExpired"));
    ASSERT_TRUE(upload("6 aa", false));
    EXPECT_TRUE(enabled(world.now + days(8)));
    EXPECT_THAT(revoked(world.now + days(8)), testing::Contains("aa"));
}

TEST_F(CertificateDesk, ARenewedAuthorityKeepsItsListAndAnotherDoesNot) {
    ASSERT_TRUE(import("THEIR CA\n", true));
    ASSERT_TRUE(upload("5 aa", false));
    ASSERT_TRUE(import("THEIR CA\nrenewed\n", true));
    EXPECT_THAT(revoked(world.now), testing::Contains("aa"));
    const auto kept = plane.server_authorities.find(alice, server.text);
    ASSERT_TRUE(kept->revocation_list);
    EXPECT_FALSE(kept->revocation_list->refuse_when_expired);
    ASSERT_TRUE(import("ANOTHER CA\n", true));
    EXPECT_FALSE(plane.server_authorities.find(alice, server.text)->revocation_list);
}

TEST_F(CertificateDesk, TheServersCertificateIsRenewedByTheSameAuthority) {
    const model::SslServer before = stored();
    ASSERT_TRUE(plane.server_authorities.renew_certificate(alice, server.text));
    EXPECT_EQ(stored().authority_pem, before.authority_pem);
    EXPECT_EQ(stored().revision, before.revision);
    EXPECT_EQ(as_text(world.authority.last_issuer.private_key_pem.view()),
              "key of ca " + server.text + "\n");
}

}  // namespace
}  // namespace kanmon::usecases
