// Properties of the three codecs of the bridge, and the writer of their fuzz corpora.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "random_values.h"
#include "source_folder/source_folder.h"

namespace kanmon::bridge {
namespace {

TEST(BridgeMessage, ComesBackAsItWasSent) {
    RandomValues random(1);
    for (int i = 0; i < 3000; ++i) {
        const Message message{random.number<std::uint64_t>(), random.body()};
        const auto back = decode_message(encode(message));
        ASSERT_TRUE(back) << i;
        ASSERT_EQ(*back, message) << i;
    }
}

TEST(BrokerMessage, ComesBackAsItWasSent) {
    RandomValues random(2);
    for (int i = 0; i < 3000; ++i) {
        const BrokerMessage message{random.number<std::uint64_t>(), random.broker_body()};
        const auto back = decode_broker_message(encode(message));
        ASSERT_TRUE(back) << i;
        ASSERT_EQ(*back, message) << i;
    }
}

TEST(WantOctets, ComeBackAsTheyWereMadeAndEveryProperPrefixIsTruncated) {
    RandomValues random(9);
    for (int i = 0; i < 300; ++i) {
        const Want want = random.want();
        Buffer octets = encode(want);
        const auto back = decode_want(octets);
        ASSERT_TRUE(back) << i;
        ASSERT_EQ(*back, want) << i;
        octets.push_back(std::byte{0});
        ASSERT_EQ(decode_want(octets).error(), MessageError::trailing);
    }
    const Buffer octets = encode(random.want());
    for (std::size_t length = 0; length < octets.size(); ++length)
        ASSERT_EQ(decode_want(Bytes(octets).first(length)).error(), MessageError::truncated);
}

TEST(WantOctets, HoldMoreServersThanAMessageCould) {
    Want want{1, {}};
    for (int i = 0; i < 5000; ++i) {
        WantedServer& server = want.servers.emplace_back();
        server.server_id = "vss-" + std::to_string(i);
        server.listeners.resize(16);
    }
    const Buffer octets = encode(want);
    EXPECT_GT(octets.size(), 10 * message_octets_max);
    EXPECT_EQ(decode_want(octets), want);
    EXPECT_EQ(decode_want(encode(BrokerMessage{1, WantReady{1}})).error(),
              MessageError::wrong_magic);
}

TEST(SnapshotOctets, ComeBackAsTheyWereMade) {
    RandomValues random(3);
    for (int i = 0; i < 300; ++i) {
        const Snapshot snapshot = random.snapshot();
        const auto back = decode_snapshot(encode(snapshot));
        ASSERT_TRUE(back) << i;
        ASSERT_EQ(*back, snapshot) << i;
    }
}

TEST(BridgeMessage, EveryProperPrefixIsTruncatedAndOneMoreOctetIsTrailing) {
    RandomValues random(4);
    for (int i = 0; i < 60; ++i) {
        Buffer octets = encode(Message{7, random.body()});
        for (std::size_t length = 0; length < octets.size(); ++length)
            ASSERT_EQ(decode_message(Bytes(octets).first(length)).error(), MessageError::truncated);
        octets.push_back(std::byte{0});
        ASSERT_EQ(decode_message(octets).error(), MessageError::trailing);
    }
}

TEST(BrokerMessage, EveryProperPrefixIsTruncatedAndOneMoreOctetIsTrailing) {
    RandomValues random(5);
    for (int i = 0; i < 60; ++i) {
        Buffer octets = encode(BrokerMessage{7, random.broker_body()});
        for (std::size_t length = 0; length < octets.size(); ++length)
            ASSERT_EQ(decode_broker_message(Bytes(octets).first(length)).error(),
                      MessageError::truncated);
        octets.push_back(std::byte{0});
        ASSERT_EQ(decode_broker_message(octets).error(), MessageError::trailing);
    }
}

TEST(SnapshotOctets, EveryProperPrefixIsTruncatedAndOneMoreOctetIsTrailing) {
    Buffer octets = encode(RandomValues(6).snapshot());
    for (std::size_t length = 0; length < octets.size(); ++length)
        ASSERT_EQ(decode_snapshot(Bytes(octets).first(length)).error(), SnapshotError::truncated);
    octets.push_back(std::byte{0});
    EXPECT_EQ(decode_snapshot(octets).error(), SnapshotError::trailing);
}

TEST(BridgeMessage, AnAcceptedMutationEncodesToTheSameOctets) {
    RandomValues random(7);
    for (int i = 0; i < 20000; ++i) {
        Buffer octets = encode(Message{random.number<std::uint64_t>(), random.body()});
        octets[random.below(octets.size())] = random.number<std::byte>();
        const auto back = decode_message(octets);
        if (back) {
            ASSERT_EQ(encode(*back), octets) << i;
        }
    }
}

TEST(BridgeMessage, RefusesForeignMagicVersionAndType) {
    Buffer octets = encode(Message{1, SnapshotReady{2}});
    const auto error_with = [&](std::size_t at, int value) {
        Buffer changed = octets;
        changed[at] = static_cast<std::byte>(value);
        return decode_message(changed).error();
    };
    EXPECT_EQ(error_with(0, 0), MessageError::wrong_magic);
    EXPECT_EQ(error_with(2, 9), MessageError::wrong_version);
    EXPECT_EQ(error_with(3, static_cast<int>(std::variant_size_v<MessageBody>)),
              MessageError::unknown_type);
    EXPECT_EQ(decode_broker_message(octets).error(), MessageError::wrong_magic);
}

TEST(BridgeMessage, RefusesAnUnknownCauseAndATruthThatIsNeither) {
    Buffer octets = encode(Message{1, LeaseAnswer{true, Cause::truncated}});
    octets.back() = static_cast<std::byte>(cause_count);
    EXPECT_EQ(decode_message(octets).error(), MessageError::out_of_range);
    octets.back() = std::byte{0};
    octets[octets.size() - 2] = std::byte{2};
    EXPECT_EQ(decode_message(octets).error(), MessageError::out_of_range);
}

TEST(BridgeMessage, ATextAboveItsBoundIsNeitherSentNorAcceptedNorCut) {
    ClientFact fact;
    fact.version = std::string(text_octets_max, 'x');
    EXPECT_TRUE(decode_message(encode(Message{1, fact})));
    fact.version += 'x';
    EXPECT_TRUE(encode(Message{1, fact}).empty());
    EXPECT_EQ(decode_message({}).error(), MessageError::truncated);
}

TEST(BatchSizes, CountCallsByPowersOfTwoOfTheirPackets) {
    BatchSizes sizes;
    for (const std::size_t moved : {0U, 1U, 2U, 3U, 4U, 5U, 8U, 9U, 512U, 513U, 100000U})
        sizes.count(moved);
    EXPECT_EQ(sizes.calls,
              (std::array<std::uint64_t, batch_buckets>{1, 1, 2, 2, 1, 0, 0, 0, 0, 1, 2}));
    EXPECT_EQ(sizes.packets, 101057u);
}

TEST(Provisions, AreLackingAsSoonAsOneHasToDoWithout) {
    Provisions all{};
    join(all, {Presence::present, Presence::present, Presence::unknown});
    join(all, {Presence::lacking, Presence::unknown, Presence::unknown});
    join(all, {Presence::present, Presence::present, Presence::unknown});
    EXPECT_EQ(all, (Provisions{Presence::lacking, Presence::present, Presence::unknown}));
}

TEST(SnapshotOctets, ALieAboutACountReservesNothing) {
    // number, made_at, then 65,536 gateways of which there is not one octet
    const Buffer lie = from_hex("0004 0000000000000001 0000000000000000 00010000");
    EXPECT_EQ(decode_snapshot(lie).error(), SnapshotError::truncated);
    const Buffer more = from_hex("0004 0000000000000001 0000000000000000 ffffffff");
    EXPECT_EQ(decode_snapshot(more).error(), SnapshotError::out_of_range);
    EXPECT_EQ(decode_snapshot(from_hex("0001")).error(), SnapshotError::wrong_version);
}

TEST(SnapshotOctets, ComeBackForAServerWithNothingInIt) {
    Snapshot snapshot;
    snapshot.servers.resize(3);
    snapshot.gateways.resize(2);
    snapshot.leases.resize(2);
    EXPECT_EQ(decode_snapshot(encode(snapshot)), snapshot);
}

TEST(SnapshotOctets, RefuseANetworkWithHostBits) {
    Snapshot snapshot;
    snapshot.servers.resize(1);
    snapshot.servers[0].client_pool = Cidr{Ipv4{0x0a000001}, 8};
    EXPECT_EQ(decode_snapshot(encode(snapshot)).error(), SnapshotError::out_of_range);
}

TEST(TunnelAddress, OfIpv6FollowsFromIpv4AndLeadsBackToItAlone) {
    for (const char* pool6_text : {"fd00::/64", "2001:db8::ff00/120", "fd00::ffff:ff00/120"}) {
        const Cidr pool = *parse_cidr("10.8.3.0/24");
        const Cidr6 pool6 = *parse_cidr6(pool6_text);
        for (std::uint32_t offset = 0; offset < 256; ++offset) {
            const Ipv4 address{pool.base.value + offset};
            const Ipv6 address6 = tunnel_address6(pool, pool6, address);
            EXPECT_TRUE(pool6.contains(address6));
            EXPECT_EQ(tunnel_address4(pool, pool6, address6), address);
            for (std::size_t octet = 0; octet < 15; ++octet) {
                Ipv6 other = address6;
                other.octets[octet] ^= 0x10;
                EXPECT_EQ(tunnel_address4(pool, pool6, other), std::nullopt) << octet;
            }
        }
    }
    EXPECT_EQ(tunnel_address4(*parse_cidr("10.0.0.0/8"), *parse_cidr6("fd00::/64"),
                              *parse_ipv6("fd00::ff:ffff")),
              Ipv4{0x0affffff});
    EXPECT_EQ(tunnel_address4(*parse_cidr("10.0.0.0/8"), *parse_cidr6("fd00::/64"),
                              *parse_ipv6("fd00::100:0")),
              std::nullopt);
}

void write_input(const std::string& target, int number, const Buffer& octets) {
    const std::filesystem::path folder =
        std::filesystem::path(in_checkout("tests/fuzz/corpus")) / target;
    std::filesystem::create_directories(folder);
    std::ofstream out(folder / ("seed-" + std::to_string(number)), std::ios::binary);
    const std::string text = as_text(octets);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

/// With KANMON_WRITE_CORPUS=1 the seeds are written again; otherwise they must decode as they are.
TEST(FuzzCorpora, HoldOneSeedOfEveryShape) {
    if (std::getenv("KANMON_WRITE_CORPUS") != nullptr) {
        RandomValues random(8);
        for (int i = 0; i < 40; ++i) {
            write_input("bridge_message", i, encode(Message{random.below(9), random.body()}));
            write_input("broker_message", i,
                        encode(BrokerMessage{random.below(9), random.broker_body()}));
        }
        for (int i = 0; i < 8; ++i) write_input("snapshot", i, encode(random.snapshot()));
        for (int i = 40; i < 50; ++i) write_input("broker_message", i, encode(random.want()));
    }
    const auto corpora = std::filesystem::path(in_checkout("tests/fuzz/corpus"));
    for (const char* target : {"bridge_message", "broker_message", "snapshot"})
        EXPECT_FALSE(std::filesystem::is_empty(corpora / target)) << target;
}

}  // namespace
}  // namespace kanmon::bridge
