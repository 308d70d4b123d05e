#include "swarm/echo_message.h"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/routing/coalescer.h"

namespace kanmon::swarm {
namespace {

const EchoMessage message{.run = 1,
                          .client = 2,
                          .number = 3,
                          .received = 4,
                          .answer_octets = 1000,
                          .answers = answers_max};

struct Written final : routing::PacketExit {
    void write(const routing::Offload&, Bytes packet) override { sizes.push_back(packet.size()); }
    std::vector<std::size_t> sizes;
};

TEST(EchoMessage, it_is_read_as_it_was_written) {
    Buffer payload(100, std::byte{0xff});
    encode(message, payload);
    EXPECT_EQ(decode_echo_message(payload), message);
    EXPECT_EQ(payload.back(), std::byte{0});
}

TEST(EchoMessage, an_echo_is_not_made_to_amplify_beyond_its_limits) {
    Buffer payload(message_octets);
    EchoMessage greedy = message;
    greedy.answers = answers_max + 1;
    encode(greedy, payload);
    EXPECT_FALSE(decode_echo_message(payload));
    greedy = message;
    greedy.answer_octets = message_octets - 1;
    encode(greedy, payload);
    EXPECT_FALSE(decode_echo_message(payload));
    encode(message, payload);
    payload.pop_back();
    EXPECT_FALSE(decode_echo_message(payload));
    EXPECT_FALSE(decode_echo_message(Buffer(message_octets)));
}

/// The coalescer merges only packets whose checksums are right.
TEST(EchoMessage, inner_packets_of_both_families_carry_right_checksums) {
    for (const auto& [from, to] :
         {std::pair{Endpoint::v4({0x0a080002}, 7007), Endpoint::v4({0x0a080001}, 7000)},
          std::pair{Endpoint{*parse_ipv6("fd08::2"), 7007},
                    Endpoint{*parse_ipv6("fd08::1"), 7000}}}) {
        Buffer room(1400);
        Written written;
        routing::Coalescer coalescer(written);
        for (unsigned i = 0; i < 3; ++i) {
            write_inner(room, from, to, message, 1001);
            coalescer.add(Bytes(room).first(1001), true);
        }
        coalescer.flush();
        const std::size_t payload = 1001 - headers_octets(to);
        EXPECT_EQ(written.sizes, std::vector{headers_octets(to) + 3 * payload});
        EXPECT_EQ(decode_echo_message(*udp_payload(MutableBytes(room).first(1001))), message);
    }
}

TEST(EchoMessage, the_smallest_inner_packet_is_one_of_64_octets) {
    EXPECT_EQ(headers_octets(Endpoint::v4({1}, 1)) + message_octets, 64U);
}

}  // namespace
}  // namespace kanmon::swarm
