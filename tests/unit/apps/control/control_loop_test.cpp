// The control process's loop between a broker and a data process that this test plays.
#include "apps/control_loop.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <filesystem>
#include <future>
#include <thread>

#include "apps/flow_desk.h"
#include "contract/control_world.h"

namespace kanmon::apps {
namespace {

namespace fs = std::filesystem;
using usecases::Call;
using usecases::ControlWorld;

std::string fresh_folder() {
    std::string pattern = (fs::temp_directory_path() / "kanmon-loop-XXXXXX").string();
    return ::mkdtemp(pattern.data());
}

/// Waits for the next packet; fails the test after five seconds.
bridge::Received next(bridge::PacketSocket& socket) {
    pollfd watched{socket.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&watched, 1, 5000), 1) << "nothing came";
    auto received = socket.receive();
    EXPECT_TRUE(received);
    return received ? std::move(*received) : bridge::Received{};
}

class Loop : public testing::Test {
protected:
    Loop() { start(folder + "/broker.sock"); }
    ~Loop() override {
        stop_loop();
        fs::remove_all(folder);
    }

    void start(const std::string& broker_path) {
        broker_listener = std::move(*bridge::PacketListener::listen(folder + "/broker.sock"));
        auto listener = bridge::PacketListener::listen(folder + "/bridge.sock");
        loop = std::make_unique<ControlLoop>(
            plane, enforcement, orders, std::move(*listener),
            ControlLoopOptions{
                .broker_path = broker_path,
                .data_uid = ::getuid(),
                .allow_root = false,
                .strangers =
                    [](UniqueFd connection) { EXPECT_EQ(::write(connection.get(), "!", 1), 1); },
                .flows_told =
                    [this](std::uint64_t question, bridge::FlowAnswer answer) {
                        desk.take(question, std::move(answer));
                    }});
        thread = std::thread([this] { loop->run(stop.get()); });
    }
    void stop_loop() {
        ::eventfd_write(stop.get(), 1);
        if (thread.joinable()) thread.join();
    }

    bridge::PacketSocket accept_broker() {
        pollfd watched{broker_listener.fd(), POLLIN, 0};
        EXPECT_EQ(::poll(&watched, 1, 5000), 1) << "control did not come";
        return std::move(*broker_listener.accept());
    }
    bridge::Want next_want(bridge::PacketSocket& broker, const std::string& problem = {}) {
        const auto received = next(broker);
        const auto message = bridge::decode_broker_message(received.octets);
        EXPECT_EQ(received.descriptors.size(), 1u);
        const auto octets =
            bridge::read_sealed(received.descriptors.at(0).get(), bridge::want_octets_max);
        auto want = bridge::decode_want(*octets).value();
        EXPECT_EQ(std::get<bridge::WantReady>(message->body).number, want.number);
        EXPECT_TRUE(broker.send(
            bridge::encode(bridge::BrokerMessage{message->id, bridge::BrokerAnswer{problem}})));
        return want;
    }
    bridge::PacketSocket greet() {
        auto data = std::move(*bridge::PacketSocket::connect(folder + "/bridge.sock"));
        EXPECT_TRUE(data.send(bridge::encode(bridge::Message{0, bridge::DataHello{1, 0}})));
        return data;
    }
    bridge::Snapshot next_snapshot(bridge::PacketSocket& data) {
        const auto received = next(data);
        const auto message = bridge::decode_message(received.octets);
        EXPECT_EQ(received.descriptors.size(), 1u);
        const auto octets =
            bridge::read_sealed(received.descriptors.at(0).get(), bridge::snapshot_octets_max);
        auto snapshot = bridge::decode_snapshot(*octets);
        EXPECT_EQ(std::get<bridge::SnapshotReady>(message->body).number, snapshot->number);
        return std::move(*snapshot);
    }
    model::GatewayStatus status() { return plane.vpn_gateways.find(alice, gateway)->status; }
    bool becomes(model::GatewayStatus wanted) {
        for (int i = 0; i < 500 && status() != wanted; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        return status() == wanted;
    }

    std::string folder = fresh_folder();
    ControlWorld world;
    ControlOrders orders;
    FlowDesk desk{orders};
    usecases::Ports ports{.books = world.books,
                          .log = world.log,
                          .meters = world.meters,
                          .authority = world.authority,
                          .sealer = world.sealer,
                          .archiver = world.archiver,
                          .hasher = world.hasher,
                          .workers = world.workers,
                          .gatekeeper = orders,
                          .flows = desk,
                          .random = world.random,
                          .installation = {.public_addresses = {Ipv4{0xcb007101}}}};
    usecases::ControlPlane plane{ports};
    usecases::Enforcement enforcement{ports, "boot-1"};
    Call alice = world.account("alice");
    model::VpnGatewayId gateway = world.gateway(alice, world.vpc(alice, "office"));
    UniqueFd stop{::eventfd(0, EFD_CLOEXEC)};
    bridge::PacketListener broker_listener;
    std::unique_ptr<ControlLoop> loop;
    std::thread thread;
};

TEST(TimeLeft, IsBoundedAlsoUntilTheYear9999) {
    const UnixTime now = unix_time_of(1'750'000'000);
    EXPECT_EQ(time_left(now + 3s, now, 10s), 3s);
    EXPECT_EQ(time_left(now - 3s, now, 10s), 0s);
    EXPECT_EQ(time_left(unix_time_of(253'402'300'799), now, 10s), 10s);
}

TEST_F(Loop, AChangeReachesTheBrokerThenDataAndTheGatewayBecomesActive) {
    auto broker = accept_broker();
    EXPECT_TRUE(next_want(broker).servers.empty());
    ASSERT_TRUE(becomes(model::GatewayStatus::active));
    auto data = greet();
    EXPECT_TRUE(next_snapshot(data).servers.empty());

    const auto server = plane.ssl_servers.create(alice, world.server_request(gateway));
    ASSERT_TRUE(server);
    EXPECT_EQ(status(), model::GatewayStatus::updating);
    EXPECT_EQ(next_want(broker).servers.at(0).server_id, server->id.text);
    EXPECT_EQ(next_snapshot(data).servers.at(0).id, server->id.text);
    EXPECT_TRUE(becomes(model::GatewayStatus::active));
}

TEST_F(Loop, WhatASnapshotCannotHoldIsToldOfAndNotInForceUntilAChangeMakesItFit) {
    const Call root = world.root();
    auto broker = accept_broker();
    next_want(broker);
    auto data = greet();
    next_snapshot(data);
    const auto server = plane.ssl_servers.create(alice, world.server_request(gateway));
    next_want(broker);
    next_snapshot(data);
    ASSERT_TRUE(becomes(model::GatewayStatus::active));
    const auto revoke = [&](const std::string& serial) {
        ASSERT_TRUE(world.books.transact(alice.actor, {}, [&](usecases::Ledger& ledger) {
            model::RevokedCertificate row;
            row.id = {"vsc-1"};
            row.account = alice.actor.account;
            row.server = server->id;
            row.serial = serial;
            ledger.revoked_certificates().put(row);
            auto changed = *ledger.vpn_gateways().find(gateway.text);
            changed.changed_by = ledger.number();
            ledger.vpn_gateways().put(changed);
            return model::Outcome<usecases::Receipt>(usecases::Receipt{});
        }));
        orders.changed();
    };
    revoke(std::string(1000, 'a'));  // no serial is so long
    const auto told = [&] { return plane.events.list(root, {.kind = "ChangesNotInForce"})->items; };
    for (int i = 0; i < 500 && told().empty(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_EQ(told().size(), 1u);
    EXPECT_THAT(told()[0].message, testing::HasSubstr(server->id.text));
    EXPECT_EQ(status(), model::GatewayStatus::updating);
    orders.disconnect({.session = 7, .server_id = server->id.text, .common_name = {}});
    const auto order = bridge::decode_message(next(data).octets);
    EXPECT_EQ(std::get<bridge::Disconnect>(order->body).session, 7u) << "orders go on";
    revoke("aa");
    EXPECT_EQ(next_snapshot(data).servers.at(0).revoked_serials, std::vector<std::string>{"aa"});
    EXPECT_TRUE(becomes(model::GatewayStatus::active));
}

TEST_F(Loop, ARevocationReachesDataBeforeTheOrderToDisconnect) {
    auto broker = accept_broker();
    next_want(broker);
    const auto server = plane.ssl_servers.create(alice, world.server_request(gateway));
    next_want(broker);
    const auto certificate = plane.client_certificates.create(alice, {server->id.text, "x"});
    ASSERT_TRUE(becomes(model::GatewayStatus::active));
    auto data = greet();
    EXPECT_TRUE(next_snapshot(data).servers.at(0).revoked_serials.empty());
    ASSERT_TRUE(plane.client_certificates.remove(alice, certificate->id));
    EXPECT_EQ(next_snapshot(data).servers.at(0).revoked_serials.size(), 1u);
    const auto order = bridge::decode_message(next(data).octets);
    EXPECT_EQ(std::get<bridge::Disconnect>(order->body).common_name, certificate->id.text);
}

TEST_F(Loop, AnOrderThatIsGivenWhileDataIsAwayReachesItAfterItsFirstSnapshot) {
    auto broker = accept_broker();
    next_want(broker);
    orders.disconnect({.server_id = "vss-1", .common_name = "gone"});
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    auto data = greet();
    next_snapshot(data);
    const auto order = bridge::decode_message(next(data).octets);
    EXPECT_EQ(std::get<bridge::Disconnect>(order->body).common_name, "gone");
}

TEST_F(Loop, AQuestionForFlowsReachesDataAndItsAnswerWhoAsked) {
    auto broker = accept_broker();
    next_want(broker);
    ASSERT_TRUE(becomes(model::GatewayStatus::active));
    auto data = greet();
    next_snapshot(data);
    auto asking = std::async(std::launch::async, [this] { return desk.flows_of(7); });
    const auto question = bridge::decode_message(next(data).octets);
    EXPECT_EQ(std::get<bridge::FlowQuestion>(question->body).session, 7u);
    const bridge::FlowAnswer answer{.known = true, .seen = {.flows = {}, .displaced = 3}};
    ASSERT_TRUE(data.send(bridge::encode(bridge::Message{question->id + 1, answer})));
    ASSERT_TRUE(data.send(bridge::encode(bridge::Message{question->id, answer})));
    EXPECT_EQ(asking.get(), answer);
}

TEST_F(Loop, WhoAsksForFlowsDoesNotWaitForADataProcessThatIsAway) {
    EXPECT_EQ(desk.flows_of(7), std::nullopt);
}

TEST_F(Loop, ASilentBrokerDelaysASnapshotByASecondAtMost) {
    auto broker = accept_broker();
    next(broker);  // and no answer
    auto data = greet();
    EXPECT_TRUE(next_snapshot(data).servers.empty());
    EXPECT_EQ(status(), model::GatewayStatus::provisioning);
}

TEST_F(Loop, AProblemOfTheBrokerIsAskedAgainUntilItIsGone) {
    auto broker = accept_broker();
    next_want(broker, "the namespace office is not there");
    EXPECT_EQ(status(), model::GatewayStatus::provisioning);
    pollfd watched{broker.fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&watched, 1, 8000), 1);
    next_want(broker);
    EXPECT_TRUE(becomes(model::GatewayStatus::active));
}

TEST_F(Loop, ANewBrokerIsToldTheWholeState) {
    {
        auto broker = accept_broker();
        next_want(broker);
        ASSERT_TRUE(plane.ssl_servers.create(alice, world.server_request(gateway)));
        EXPECT_EQ(next_want(broker).servers.size(), 1u);
    }
    auto broker = accept_broker();
    EXPECT_EQ(next_want(broker).servers.size(), 1u);
}

TEST_F(Loop, ALeaseIsStoredWhenItsQuestionIsAnswered) {
    auto broker = accept_broker();
    next_want(broker);
    const auto server = plane.ssl_servers.create(alice, world.server_request(gateway));
    next_want(broker);
    ASSERT_TRUE(becomes(model::GatewayStatus::active));
    auto data = greet();
    next_snapshot(data);
    const bridge::Lease lease{server->id.text, *parse_ipv4("192.168.0.6"), "vsc-1", 7, {}};
    ASSERT_TRUE(data.send(bridge::encode(bridge::Message{42, bridge::LeaseQuestion{lease}})));
    const auto answer = bridge::decode_message(next(data).octets);
    EXPECT_EQ(answer->id, 42u);
    EXPECT_TRUE(std::get<bridge::LeaseAnswer>(answer->body).granted);
    const std::lock_guard turn(ports.turn);
    EXPECT_EQ(world.books.leases()->size(), 1u);
}

TEST_F(Loop, AClientThatComesBackToItsHeldSlotIsNotListedAsHeldAnyMore) {
    auto broker = accept_broker();
    next_want(broker);
    const auto server = plane.ssl_servers.create(alice, world.server_request(gateway));
    next_want(broker);
    ASSERT_TRUE(becomes(model::GatewayStatus::active));
    auto data = greet();
    next_snapshot(data);
    const auto listed = [&] {
        const auto page = plane.clients.list(alice, {gateway.text, {}}, Instant(1s));
        EXPECT_TRUE(page);
        return page->total;
    };
    bridge::Lease lease{server->id.text, *parse_ipv4("192.168.0.6"), "vsc-1", 0, Instant(100s)};
    ASSERT_TRUE(data.send(bridge::encode(bridge::Message{0, bridge::LeaseFact{lease, false}})));
    for (int i = 0; i < 500 && listed() == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(listed(), 1u);

    lease.session = 7;
    ASSERT_TRUE(data.send(bridge::encode(bridge::Message{42, bridge::LeaseQuestion{lease}})));
    next(data);  // the answer
    EXPECT_EQ(listed(), 0u);
}

TEST_F(Loop, AStrangerOfASharedPortIsPassedOnAsItCame) {
    auto broker = accept_broker();
    next_want(broker);
    auto data = greet();
    next_snapshot(data);
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const UniqueFd browser(ends[0]);
    UniqueFd accepted(ends[1]);
    const bridge::StrangerStream stranger{"vss-1", Endpoint::v4(Ipv4{0xcb007102}, 5000)};
    const std::array descriptors{accepted.get()};
    ASSERT_TRUE(data.send(bridge::encode(bridge::Message{0, stranger}), descriptors));
    accepted.reset();

    pollfd watched{browser.get(), POLLIN, 0};  // who got it has answered
    ASSERT_EQ(::poll(&watched, 1, 5000), 1);
    char octet = 0;
    EXPECT_EQ(::read(browser.get(), &octet, 1), 1);
    EXPECT_EQ(octet, '!');

    ASSERT_TRUE(data.send(bridge::encode(bridge::Message{0, stranger})));  // without a descriptor
    bool cut_off = false;
    for (int i = 0; i < 10 && !cut_off; ++i) {  // snapshots may come before
        watched = {data.fd(), POLLIN, 0};
        ASSERT_EQ(::poll(&watched, 1, 5000), 1);
        const auto received = data.receive();
        cut_off = !received && received.error() == bridge::SocketError::closed;
    }
    EXPECT_TRUE(cut_off);
}

TEST_F(Loop, ALoginIsAnsweredUnderItsIdAndAUserWhoIsSwitchedOffIsDisconnected) {
    auto broker = accept_broker();
    next_want(broker);
    const auto source = plane.idaas.create(alice, "staff");
    const auto user = plane.idaas.create_user(
        alice, {source->id.text, "anna", SecretBuffer(as_bytes("correct horse"))});
    ASSERT_TRUE(user);
    auto request = world.server_request(gateway);
    request.enable_multi_factor_auth = true;
    request.idaas_instance = source->id.text;
    const auto server = plane.ssl_servers.create(alice, request);
    ASSERT_TRUE(server) << server.error().message;
    next_want(broker);
    ASSERT_TRUE(becomes(model::GatewayStatus::active));
    auto data = greet();
    EXPECT_TRUE(next_snapshot(data).servers.at(0).login.password);

    bridge::LoginQuestion question;
    question.session = 7;
    question.server_id = server->id.text;
    question.username = "Anna";
    question.password = SecretBuffer(as_bytes("correct horse"));
    ASSERT_TRUE(data.send(bridge::encode(bridge::Message{42, question})));
    const auto answer = bridge::decode_message(next(data).octets);
    EXPECT_EQ(answer->id, 42u);
    EXPECT_EQ(std::get<bridge::LoginAnswer>(answer->body).verdict, bridge::LoginVerdict::accepted);
    EXPECT_EQ(std::get<bridge::LoginAnswer>(answer->body).username, "anna");

    bridge::ClientFact fact;
    fact.session = 7;
    fact.server_id = server->id.text;
    fact.username = "anna";
    ASSERT_TRUE(data.send(bridge::encode(bridge::Message{0, fact})));
    for (int i = 0; i < 500; ++i) {
        const std::lock_guard turn(ports.turn);
        if (!plane.clients.users_of(server->id).empty()) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(plane.idaas.modify_user(alice, {.id = user->id.text, .enabled = false}));
    const auto order = bridge::decode_message(next(data).octets);
    EXPECT_EQ(std::get<bridge::Disconnect>(order->body).session, 7u);
}

TEST_F(Loop, WhoBreaksTheFormatOrDoesNotGreetIsCutOff) {
    auto broker = accept_broker();
    next_want(broker);
    for (const Buffer& octets :
         {from_hex("00"), bridge::encode(bridge::Message{0, bridge::DropFact{}}),
          bridge::encode(bridge::Message{0, bridge::SnapshotReady{1}})}) {
        auto data = std::move(*bridge::PacketSocket::connect(folder + "/bridge.sock"));
        ASSERT_TRUE(data.send(octets));
        pollfd watched{data.fd(), POLLIN, 0};
        ASSERT_EQ(::poll(&watched, 1, 5000), 1);
        EXPECT_EQ(data.receive().error(), bridge::SocketError::closed);
    }
    auto data = greet();
    next_snapshot(data);
}

}  // namespace
}  // namespace kanmon::apps
