#include "dataplane/io/keeper.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/clock.h"
#include "unit/dataplane/io/loopback.h"
#include "unit/dataplane/io/private_network.h"
#include "unit/dataplane/io/sample_snapshot.h"

namespace kanmon::io {
namespace {

/// One end of ours for the keeper to connect to: control or the broker, played by the test.
class Counterpart {
public:
    explicit Counterpart(std::string path)
        : path_(std::move(path)), listener_(bridge::PacketListener::listen(path_).value()) {}

    void accept() {
        ASSERT_TRUE(readable(listener_.fd(), 5000));
        socket_ = std::move(*listener_.accept());
    }
    void hang_up() { socket_ = bridge::PacketSocket(); }

    /// A whole packet, with its descriptors.
    bridge::Received receive_all() {
        if (!readable(socket_.fd(), 5000)) return {};
        auto received = socket_.receive();
        return received ? std::move(*received) : bridge::Received();
    }

    void send(Bytes octets, std::span<const int> descriptors = {}) {
        ASSERT_TRUE(socket_.send(octets, descriptors));
    }
    Buffer receive() {
        if (!readable(socket_.fd(), 5000)) return {};
        auto received = socket_.receive();
        return received ? std::move(received->octets) : Buffer();
    }

    /// The next message with this kind of body; others are passed over.
    template <class Body>
    std::optional<bridge::Message> next() {
        for (;;) {
            const auto message = bridge::decode_message(receive());
            if (!message) return std::nullopt;
            if (std::holds_alternative<Body>(message->body)) return *message;
        }
    }

    std::string path_;
    bridge::PacketListener listener_;
    bridge::PacketSocket socket_;
};

class NoTls final : public crypto::TlsFactory {
public:
    std::unique_ptr<crypto::TlsEngine> make() const override { return nullptr; }
};

class KeeperAmongOthers : public testing::Test {
protected:
    KeeperAmongOthers()
        : folder_(std::filesystem::temp_directory_path() /
                  ("kanmon-keeper-" + std::to_string(::getpid()))),
          made_(std::filesystem::create_directories(folder_)),
          control_((folder_ / "control").string()),
          broker_((folder_ / "broker").string()),
          keeper_({.bridge_path = control_.path_,
                   .broker_path = broker_.path_,
                   .process = 42,
                   .make_tls = [](const bridge::SslServer&)
                       -> Expected<std::shared_ptr<const crypto::TlsFactory>, std::string> {
                       return std::make_shared<NoTls>();
                   }},
                  {{&shard_}, &inbox_, &remotes_}) {}

    ~KeeperAmongOthers() override {
        keeper_.stop();
        if (thread_.joinable()) thread_.join();
        std::filesystem::remove_all(folder_);
    }

    void SetUp() override {
        thread_ = std::thread([this] { keeper_.run(); });
        control_.accept();
        broker_.accept();
    }

    void push(const bridge::Snapshot& snapshot) {
        const auto memory = bridge::seal_in_memory(bridge::encode(snapshot), "snapshot");
        const std::array descriptors{memory->get()};
        control_.send(bridge::encode(bridge::Message{0, bridge::SnapshotReady{snapshot.number}}),
                      descriptors);
    }

    bridge::BrokerMessage next_request() {
        return bridge::decode_broker_message(broker_.receive()).value();
    }

    void answer(std::uint64_t id, const bridge::BrokerBody& body,
                const std::vector<int>& descriptors = {}) {
        broker_.send(bridge::encode(bridge::BrokerMessage{id, body}), descriptors);
    }

    /// What the keeper told the shard next, of this kind.
    template <class Body>
    std::optional<Body> next_for_shard() {
        const Instant until = boot_now() + 5s;
        std::optional<Body> found;
        while (!found && boot_now() < until) {
            if (waiting_.empty()) {
                readable(shard_.wakeup.fd(), 100);
                shard_.wakeup.clear();
                shard_.mailbox.drain([&](ShardMessage m) { waiting_.push_back(std::move(m)); });
                continue;
            }
            if (auto* body = std::get_if<Body>(&waiting_.front())) found = std::move(*body);
            waiting_.pop_front();
        }
        return found;
    }

    void ask(std::uint64_t session) {
        ASSERT_TRUE(inbox_.mailbox.post(
            {0, shard::AdmissionQuestion{.session = session,
                                         .server = 0,
                                         .server_id = sample_server_id,
                                         .holder = "anna",
                                         .common_name = "anna",
                                         .remote = Endpoint::v4(Ipv4{0xc0000201}, 5000)}}));
    }

    /// The session asks, control grants: the address that it gets.
    Ipv4 enter(std::uint64_t session) {
        ask(session);
        const auto question = control_.next<bridge::LeaseQuestion>();
        EXPECT_TRUE(question);
        if (!question) return {};
        control_.send(
            bridge::encode(bridge::Message{question->id, bridge::LeaseAnswer{.granted = true}}));
        const auto answered = next_for_shard<shard::AdmissionAnswer>();
        EXPECT_TRUE(answered && answered->admitted);
        return answered ? answered->tunnel_address : Ipv4{};
    }

    std::filesystem::path folder_;
    bool made_;
    Counterpart control_;
    Counterpart broker_;
    ShardInbox shard_;
    KeeperInbox inbox_;
    RemoteOwners remotes_;
    std::deque<ShardMessage> waiting_;
    Keeper keeper_;
    std::thread thread_;
};

TEST_F(KeeperAmongOthers, GreetsControlAndPutsASnapshotInForce) {
    const auto hello = control_.next<bridge::DataHello>();
    ASSERT_TRUE(hello);
    EXPECT_EQ(std::get<bridge::DataHello>(hello->body).process, 42u);
    EXPECT_EQ(std::get<bridge::DataHello>(hello->body).snapshot_number, 0u);

    push(sample_snapshot(5));
    const auto configured = next_for_shard<ConfigureShard>();
    ASSERT_TRUE(configured);
    ASSERT_EQ(configured->profiles.size(), 1u);
    EXPECT_EQ(configured->profiles[0]->server.id, sample_server_id);
    EXPECT_EQ(configured->profiles[0]->server_address, Ipv4{0xc0a80001});

    control_.hang_up();
    control_.accept();
    EXPECT_EQ(std::get<bridge::DataHello>(control_.next<bridge::DataHello>()->body).snapshot_number,
              5u);
}

TEST_F(KeeperAmongOthers, GivesEveryShardTheSameLineOfAGatewayAndANewBandwidthHoldsThereAtOnce) {
    bridge::Snapshot snapshot = sample_snapshot(1);
    snapshot.gateways.at(0).bandwidth_mbit = 20;
    push(snapshot);
    const auto first = next_for_shard<ConfigureShard>();
    ASSERT_TRUE(first && first->lines.at(0));
    EXPECT_EQ(first->lines[0]->to_clients.rate(), 20'000'000U);
    snapshot.number = 2;
    snapshot.gateways.at(0).bandwidth_mbit = 50;
    push(snapshot);
    const auto second = next_for_shard<ConfigureShard>();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->lines.at(0), first->lines[0]);
    EXPECT_EQ(first->lines[0]->from_clients.rate(), 50'000'000U);
}

TEST_F(KeeperAmongOthers, AsksTheBrokerUntilItOpensAndDealsTheDescriptorsOut) {
    push(sample_snapshot(1));
    const auto tun = next_request();
    const auto listener = next_request();
    EXPECT_EQ(std::get<bridge::OpenTun>(tun.body).server_id, sample_server_id);
    EXPECT_EQ(std::get<bridge::OpenListener>(listener.body).sockets, 1u);

    answer(tun.id, bridge::BrokerAnswer{"not wanted yet"});
    const UniqueFd socket = bound_socket(AF_INET, loopback);
    answer(listener.id, bridge::Opened{1}, {socket.get()});
    const auto added = next_for_shard<AddListener>();
    ASSERT_TRUE(added);
    EXPECT_EQ(local_of(added->fd), local_of(socket));

    const auto again = next_request();
    ASSERT_TRUE(std::holds_alternative<bridge::OpenTun>(again.body));
    const UniqueFd device(::eventfd(0, EFD_CLOEXEC));
    answer(again.id, bridge::Opened{1}, {device.get()});
    const auto queue = next_for_shard<AddTun>();
    ASSERT_TRUE(queue);
    EXPECT_TRUE(queue->reads);

    broker_.hang_up();
    broker_.accept();
    EXPECT_FALSE(readable(broker_.socket_.fd(), 300)) << "what is open is not asked for again";
}

TEST_F(KeeperAmongOthers, WritesWhoOwnsAnAddressWhereTheKernelSteersByIt) {
    push(sample_snapshot(1));
    ASSERT_TRUE(next_for_shard<ConfigureShard>());
    const auto tun = next_request();
    const UniqueFd one(::eventfd(0, EFD_CLOEXEC)), other(::eventfd(0, EFD_CLOEXEC));
    const UniqueFd table(::memfd_create("table", MFD_CLOEXEC));
    ASSERT_EQ(::ftruncate(table.get(), bridge::steering_octets), 0);
    answer(tun.id, bridge::Opened{3, true}, {one.get(), other.get(), table.get()});
    ASSERT_TRUE(next_for_shard<AddTun>() && next_for_shard<AddTun>());

    const auto octet = [&](Ipv4 address) {
        std::uint8_t read = 0xff;
        const auto at = static_cast<off_t>(bridge::steering_place(address));
        return ::pread(table.get(), &read, 1, at) == 1 ? read : 0xff;
    };
    const Ipv4 first = enter(7);
    EXPECT_EQ(octet(first), 1) << "of the first shard";

    ASSERT_TRUE(inbox_.mailbox.post({0, MachineReport{}}));
    const auto fact = control_.next<bridge::MachineFact>();
    ASSERT_TRUE(fact);
    EXPECT_EQ(std::get<bridge::MachineFact>(fact->body).provisions.back(),
              bridge::Presence::present);
    ASSERT_TRUE(inbox_.mailbox.post({0, SessionLeft{7, Cause::client_left}}));
    EXPECT_TRUE(control_.next<bridge::LeaseFact>());
    EXPECT_EQ(octet(first), 0);

    bridge::Snapshot other_pool = sample_snapshot(2);
    other_pool.servers[0].client_pool = Cidr{Ipv4{0xc0a80400}, 24};
    push(other_pool);
    ASSERT_TRUE(next_for_shard<ConfigureShard>());
    EXPECT_EQ(octet(enter(8)), 1) << "of another pool at the same device";
}

TEST_F(KeeperAmongOthers, AClientEntersAfterControlSaidYesAndAlsoWhenControlIsGone) {
    push(sample_snapshot(1));
    ASSERT_TRUE(next_for_shard<ConfigureShard>());
    const Ipv4 address = enter(7);

    control_.hang_up();
    std::filesystem::remove(control_.path_);
    ASSERT_TRUE(inbox_.mailbox.post({0, SessionLeft{7, Cause::client_left}}));
    ask(8);
    const auto second = next_for_shard<shard::AdmissionAnswer>();
    ASSERT_TRUE(second && second->admitted);
    EXPECT_EQ(second->tunnel_address, address) << "its own held slot";
}

TEST_F(KeeperAmongOthers, CountersOfShardsAndLostRecordsReachControl) {
    DropReport report;
    report.by_cause[static_cast<std::size_t>(Cause::replayed)] = 9;
    inbox_.records_lost.store(3);
    ASSERT_TRUE(inbox_.mailbox.post({0, report}));
    const auto fact = control_.next<bridge::DropFact>();
    ASSERT_TRUE(fact);
    EXPECT_EQ(
        std::get<bridge::DropFact>(fact->body).by_cause[static_cast<std::size_t>(Cause::replayed)],
        9u);
    EXPECT_EQ(std::get<bridge::DropFact>(fact->body).records_lost, 3u);
}

TEST_F(KeeperAmongOthers, WhatTheMachineGivesAndItsBatchesReachControl) {
    MachineReport report;
    report.provisions.fill(bridge::Presence::present);
    report.batches[0].count(5);
    ASSERT_TRUE(inbox_.mailbox.post({0, report}));
    const auto fact = control_.next<bridge::MachineFact>();
    ASSERT_TRUE(fact);
    const auto& machine = std::get<bridge::MachineFact>(fact->body);
    EXPECT_EQ(machine.provisions, report.provisions);
    EXPECT_FALSE(machine.ciphers.empty());
    ASSERT_EQ(machine.shards.size(), 1u);
    EXPECT_EQ(machine.shards[0][0].calls[3], 1u);
}

TEST_F(KeeperAmongOthers, AQuestionForFlowsGoesToTheShardAndItsAnswerBack) {
    control_.send(bridge::encode(bridge::Message{70, bridge::FlowQuestion{9}}));
    const auto told = next_for_shard<TellFlows>();
    ASSERT_TRUE(told);
    EXPECT_EQ(told->session, 9u);
    EXPECT_EQ(told->question, 70u);
    const bridge::FlowAnswer answer{.known = true, .seen = {.flows = {}, .displaced = 4}};
    ASSERT_TRUE(inbox_.mailbox.post({0, FlowsTold{told->question, answer}}));
    const auto heard = control_.next<bridge::FlowAnswer>();
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->id, 70u);
    EXPECT_EQ(std::get<bridge::FlowAnswer>(heard->body), answer);
}

TEST_F(KeeperAmongOthers, TrafficOfClientsAndServersReachesControl) {
    shard::Traffic traffic;
    traffic.clients.resize(bridge::traffic_clients_max + 1);
    traffic.servers.push_back({.server_id = "vss-1", .online = 7});
    ASSERT_TRUE(inbox_.mailbox.post({0, traffic}));
    const auto first = control_.next<bridge::TrafficFact>();
    const auto second = control_.next<bridge::TrafficFact>();
    ASSERT_TRUE(first && second);
    EXPECT_EQ(std::get<bridge::TrafficFact>(first->body).clients.size(),
              bridge::traffic_clients_max);
    EXPECT_EQ(std::get<bridge::TrafficFact>(second->body).clients.size(), 1u);
    const auto server = control_.next<bridge::ServerFact>();
    ASSERT_TRUE(server);
    EXPECT_EQ(std::get<bridge::ServerFact>(server->body), traffic.servers.front());
}

TEST_F(KeeperAmongOthers, AFloodOfStrangersLeavesTheRecordsOfClientsTheirRoom) {
    constexpr int known_records = 1000;
    control_.hang_up();  // and control reads nothing for a while
    while (inbox_.records_lost.load() == 0)
        if (!inbox_.stranger_records.post(
                bridge::AttemptRecord{.server_id = "vss-1", .remote = {}}))
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    for (int i = 0; i < known_records; ++i)
        ASSERT_TRUE(inbox_.records.post(
            bridge::AttemptRecord{.server_id = "vss-1", .remote = {}, .known = true}));
    control_.accept();
    for (int known = 0; known < known_records;) {
        const auto record = control_.next<bridge::AttemptRecord>();
        ASSERT_TRUE(record) << known;
        if (std::get<bridge::AttemptRecord>(record->body).known) ++known;
    }
}

TEST_F(KeeperAmongOthers, PassesTheStrangersOfSharedPortsOnToControlAndClosesThemWithoutIt) {
    push(sample_snapshot(1));
    ASSERT_TRUE(next_for_shard<ConfigureShard>());
    const auto stranger = [](std::array<int, 2>& ends) {
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        return KeeperMessage{0,
                             Stranger{0, Endpoint::v4(Ipv4{0xcb007102}, 5000), UniqueFd(ends[1])}};
    };
    std::array<int, 2> ends{};
    ASSERT_TRUE(inbox_.mailbox.post(stranger(ends)));
    const UniqueFd browser(ends[0]);
    for (;;) {
        const bridge::Received received = control_.receive_all();
        const auto message = bridge::decode_message(received.octets);
        ASSERT_TRUE(message);
        const auto* told = std::get_if<bridge::StrangerStream>(&message->body);
        if (told == nullptr) continue;
        EXPECT_EQ(told->server_id, sample_server_id);
        ASSERT_EQ(received.descriptors.size(), 1u);
        EXPECT_EQ(::write(received.descriptors[0].get(), "!", 1), 1);
        EXPECT_TRUE(readable(browser.get(), 1000));
        break;
    }

    control_.hang_up();
    std::array<int, 2> others{};
    bool closed = false;  // the keeper may have to notice first that control is gone
    for (int i = 0; i < 20 && !closed; ++i) {
        ASSERT_TRUE(inbox_.mailbox.post(stranger(others)));
        const UniqueFd late(others[0]);
        char octet = 0;
        closed = readable(late.get(), 1000) && ::read(late.get(), &octet, 1) == 0;
    }
    EXPECT_TRUE(closed);
}

}  // namespace
}  // namespace kanmon::io
