// Users: who holds the slot, and what the shard asks on a session's behalf.
#include "world.h"

namespace kanmon::shard {
namespace {

std::shared_ptr<const session::ServerProfile> asking_profile() {
    bridge::SslServer server = settings();
    server.login.password = true;
    return profile(server);
}

class Users : public testing::Test {
protected:
    Users() { world.configure({asking_profile()}); }

    Peer& add(std::uint8_t number, const char* address, const std::string& username) {
        client::ClientSettings program;
        program.personality = &client::openvpn_2_6;
        program.tls = session::ScriptedTls::client(number);
        program.username = username;
        program.password = "secret";
        const Path path{0, 0, at(address)};
        world.peers.push_back(std::make_unique<Peer>(
            Peer{path, client::ClientEngine(std::move(program), world.random, world.now), {}, {}}));
        world.run(2s);
        return *world.peers.back();
    }
    void answer(const std::string& username) {
        const LoginQuestion asked = world.logins.back();
        world.logins.pop_back();
        bridge::LoginAnswer said;
        said.verdict = bridge::LoginVerdict::accepted;
        said.username = username;
        world.shard.take_login({asked.session, asked.number, said}, world.now, world.wall());
        world.run(2s);
    }

    World world;
};

TEST_F(Users, AreAskedForBeforeTheirSlot) {
    Peer& peer = add(1, "192.0.2.1", "Anna");
    ASSERT_EQ(world.logins.size(), 1U);
    EXPECT_TRUE(world.asked.empty());
    EXPECT_EQ(world.shard.clients(), 0U);
    const bridge::LoginQuestion& question = world.logins[0].question;
    EXPECT_EQ(question.server_id, "vss-1");
    EXPECT_EQ(question.common_name, "vsc-1");
    EXPECT_EQ(question.username, "Anna");
    EXPECT_EQ(as_text(question.password.view()), "secret");
    EXPECT_EQ(question.remote, peer.path.remote);
    answer("anna");
    EXPECT_TRUE(peer.connected);
}

TEST_F(Users, HoldTheirSlotUnderTheirNameAndShowBothNames) {
    add(1, "192.0.2.1", "Anna");
    answer("anna");
    ASSERT_EQ(world.asked.size(), 1U);
    EXPECT_EQ(world.asked[0].holder, "anna");
    EXPECT_EQ(world.asked[0].common_name, "vsc-1");
    EXPECT_EQ(world.facts.back().username, "anna");
    EXPECT_EQ(world.facts.back().common_name, "vsc-1");
}

TEST_F(Users, StandInTheRecordAsTheyWereTyped) {
    add(1, "192.0.2.1", "anna\x1b[2J");
    const LoginQuestion asked = world.logins.back();
    bridge::LoginAnswer said;
    said.verdict = bridge::LoginVerdict::refused;
    world.shard.take_login({asked.session, asked.number, said}, world.now, world.wall());
    world.run(1s);
    EXPECT_EQ(world.records.back().cause, Cause::login_refused);
    EXPECT_EQ(world.records.back().username, "anna\x1b[2J");
}

TEST_F(Users, WhoAreAskedForTheirCodeAreNotCountedAsRefused) {
    const auto refused = [&] {
        return world.shard.traffic().servers.at(0).meters[static_cast<std::size_t>(
            bridge::Meter::handshakes_refused)];
    };
    for (const auto& [verdict, times] : {std::pair(bridge::LoginVerdict::ask_code, 0U),
                                         std::pair(bridge::LoginVerdict::refused, 1U)}) {
        add(1, "192.0.2.1", "anna");
        const LoginQuestion asked = world.logins.back();
        bridge::LoginAnswer said;
        said.verdict = verdict;
        said.state = "st4te";
        said.text = "One-time code";
        world.shard.take_login({asked.session, asked.number, said}, world.now, world.wall());
        world.run(30s);
        EXPECT_EQ(refused(), times);
    }
}

TEST_F(Users, OfOneCertificateAtOneAddressDoNotReplaceEachOther) {
    add(1, "192.0.2.1", "anna");
    answer("anna");
    add(1, "192.0.2.1", "berta");
    answer("berta");
    ASSERT_EQ(world.asked.size(), 2U);
    EXPECT_EQ(world.asked[1].replaces, 0U);
    add(1, "192.0.2.1", "berta");
    answer("berta");
    EXPECT_EQ(world.asked[2].replaces, world.asked[1].session);
}

TEST_F(Users, OfOneCertificateDoNotEndEachOtherByMoving) {
    Peer& anna = add(1, "192.0.2.1", "anna");
    answer("anna");
    Peer& berta = add(1, "192.0.2.2", "berta");
    answer("berta");
    const Ipv4 host{0xac140001};
    world.receive(berta.path, world.sealed(anna, udp_packet(anna.address(), host)));
    EXPECT_EQ(world.shard.clients(), 2U);
    EXPECT_EQ(world.drops(Cause::unknown_client), 1U);
    Peer& again = add(1, "192.0.2.3", "anna");
    answer("anna");
    world.receive(again.path, world.sealed(anna, udp_packet(anna.address(), host)));
    EXPECT_EQ(world.shard.clients(), 2U) << "the same user moved onto itself";
}

TEST_F(Users, ThatLeftMeanwhileGetNoAnswer) {
    add(1, "192.0.2.1", "anna");
    world.shard.disconnect(world.logins[0].session, Cause::disconnected_by_operator, world.now,
                           world.wall());
    answer("anna");
    EXPECT_TRUE(world.asked.empty());
}

TEST_F(Users, AreDismissedWhenTheServerAsksForOtherFactors) {
    Peer& peer = add(1, "192.0.2.1", "anna");
    answer("anna");
    ASSERT_TRUE(peer.connected);
    bridge::SslServer server = settings();
    server.login.password = true;
    server.login.token_key = SecretBuffer(Buffer(32, std::byte{2}));
    world.configure({profile(server)});
    world.run(1s);
    EXPECT_TRUE(peer.overs.empty()) << "a new token key only makes tokens useless";
    server.login.code = true;
    world.configure({profile(server)});
    world.run(1s);
    ASSERT_FALSE(peer.overs.empty());
    EXPECT_NE(peer.overs[0].text.find("configuration was changed"), std::string::npos);
}

TEST_F(Users, WithoutACertificateHaveNoCommonName) {
    bridge::SslServer server = settings();
    server.login.certificate = false;
    server.login.password = true;
    world.configure({profile(server)});
    add(session::no_certificate, "192.0.2.1", "anna");
    answer("anna");
    ASSERT_EQ(world.asked.size(), 1U);
    EXPECT_EQ(world.asked[0].holder, "anna");
    EXPECT_TRUE(world.asked[0].common_name.empty());
    EXPECT_TRUE(world.facts.back().common_name.empty());
    EXPECT_EQ(world.shard.clients(), 1U);
}

}  // namespace
}  // namespace kanmon::shard
