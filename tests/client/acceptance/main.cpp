// Every personality of the client engine against a stock OpenVPN server with every wrapping that it
// knows, over loopback in a network namespace of its own: connect, ping the server through the
// tunnel, renegotiate from either side with pings before, during and after it, leave. And those it
// matters for against servers that are configured for one data format each: digests, no cipher,
// each compression framing.
//
// Ends 0 when all passed, 77 without root (the test then counts as skipped), 1 otherwise.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "client/acceptance/stock_server.h"
#include "client/client_engine.h"

namespace {

using namespace kanmon;
using namespace kanmon::client;

constexpr unsigned server_renegotiations_wanted = 1;

UniqueFd socket_to(const StockServer& server) {
    UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr generic{};
    static_assert(sizeof generic == sizeof address);
    std::memcpy(&generic, &address, sizeof address);
    if (::connect(socket.get(), &generic, sizeof generic) != 0)
        throw std::runtime_error("no socket to the server");
    return socket;
}

std::uint16_t checksum(Bytes octets) {
    std::uint32_t sum = 0;
    ByteReader in(octets);
    while (in.remaining() > 1) sum += in.u16();
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

void put_checksum(Buffer& octets, std::size_t at) {
    const std::uint16_t sum = checksum(octets);
    octets[at] = static_cast<std::byte>(sum >> 8);
    octets[at + 1] = static_cast<std::byte>(sum & 0xff);
}

Buffer echo_request(Ipv4 from, Ipv4 to, std::uint16_t number) {
    BufferWriter icmp;
    icmp.u32(0x08000000);
    icmp.u16(0x4b4d);
    icmp.u16(number);
    for (unsigned i = 0; i < 14; ++i) icmp.u32(i);
    Buffer body = icmp.finish();
    put_checksum(body, 2);
    BufferWriter ip;
    ip.u16(0x4500);
    ip.u16(static_cast<std::uint16_t>(20 + body.size()));
    ip.u16(number);
    ip.u16(0);  // not a fragment
    ip.u32(0x40010000);
    ip.u32(from.value);
    ip.u32(to.value);
    Buffer packet = ip.finish();
    put_checksum(packet, 10);
    append(packet, body);
    return packet;
}

/// One client with its socket, and what has become of it.
class Laptop {
public:
    Laptop(const Personality& personality, std::shared_ptr<const crypto::TlsFactory> tls,
           const StockServer& server, const ClientWrapping& wrapping)
        : personality_(personality),
          server_(server),
          socket_(socket_to(server)),
          engine_({.personality = &personality,
                   .tls = std::move(tls),
                   .username = {},
                   .password = {},
                   .new_key_sends_after = 1500ms,
                   .wrapping = wrapping,
                   .unix_seconds = static_cast<std::uint32_t>(seconds_of(unix_now()))},
                  random_, boot_now()) {}

    int socket() const { return socket_.get(); }
    bool done() const { return done_; }
    bool passed() const { return passed_; }
    std::string story() const {
        const Pushed* pushed = engine_.pushed();
        return std::string(personality_.name) + ": " + story_ +
               (pushed ? " [" + std::string(name_of(engine_.cipher())) +
                             (pushed->exported_keys ? ", exported keys" : ", PRF") +
                             (pushed->dynamic_tls_crypt ? ", dynamic tls-crypt" : "") +
                             (pushed->framing ? ", pushed framing" : "") + "]"
                       : "");
    }

    void turn(Instant now) {
        receive(now);
        engine_.reach(now);
        while (const auto event = engine_.next_event()) take(*event, now);
        if (engine_.connected() && !leaving_ && now >= next_ping_) ping(now);
        advance(now);
        while (const auto datagram = engine_.next_datagram())
            (void)::send(socket_.get(), datagram->data(), datagram->size(), 0);
    }

private:
    void receive(Instant now) {
        std::array<std::byte, 4096> room;
        for (;;) {
            const auto length = ::recv(socket_.get(), room.data(), room.size(), 0);
            if (length <= 0) break;
            engine_.receive(MutableBytes(room).first(static_cast<std::size_t>(length)), now);
        }
        while (const auto inner = engine_.next_inner()) {
            constexpr std::byte echo_reply{0};
            if (inner->size() == 84 && (*inner)[20] == echo_reply) ++answers_;
        }
    }

    void take(const ClientEvent& event, Instant now) {
        if (std::holds_alternative<Connected>(event)) {
            story_ += "connected";
            next_ping_ = now;
        } else if (const auto* renegotiated = std::get_if<Renegotiated>(&event)) {
            story_ += ", key " + std::to_string(renegotiated->key_id);
            ++renegotiations_;
            answers_at_renegotiation_ = answers_;
            renegotiated_at_ = now;
        } else {
            const auto& over = std::get<Over>(event);
            done_ = true;
            passed_ = over.why == Why::left && leaving_ && answers_ + 2U >= pings_;
            story_ += over.why == Why::left ? ", left" : ", ended early: " + over.text;
        }
    }

    void ping(Instant now) {
        next_ping_ = now + 250ms;
        ++pings_;
        engine_.from_tunnel(echo_request(engine_.pushed()->address, server_.address(), pings_),
                            now);
    }

    /// Ours first, then the server's; pings under the new key once both ends send with it.
    void advance(Instant now) {
        if (!engine_.connected() || leaving_) return;
        if (!asked_ && answers_ >= 3) {
            asked_ = true;
            engine_.renegotiate(now);
        }
        const bool enough = renegotiations_ >= 1 + server_renegotiations_wanted &&
                            now >= renegotiated_at_ + 3s &&
                            answers_ >= answers_at_renegotiation_ + 6;
        if (!enough) return;
        leaving_ = true;
        story_ += ", " + std::to_string(answers_) + " of " + std::to_string(pings_) + " pings";
        engine_.leave(now);
    }

    const Personality& personality_;
    const StockServer& server_;
    SystemRandom random_;
    UniqueFd socket_;
    ClientEngine engine_;
    std::string story_;
    Instant next_ping_{};
    Instant renegotiated_at_{};
    std::uint16_t pings_ = 0;
    unsigned answers_ = 0, answers_at_renegotiation_ = 0;
    unsigned renegotiations_ = 0;
    bool asked_ = false;
    bool leaving_ = false;
    bool done_ = false;
    bool passed_ = false;
};

std::shared_ptr<const crypto::TlsFactory> tls_of(const Personality& personality,
                                                 const StockServer& server) {
    const bool old = personality.name.starts_with(openvpn_2_3.name);
    auto factory = crypto::openssl_client(
        server.credentials(), [] { return unix_now(); },
        old ? crypto::TlsVersion::tls_1_2 : crypto::TlsVersion::tls_1_3);
    if (!factory) throw std::runtime_error(factory.error());
    return *factory;
}

/// A server and who visits it: everybody who knows its wrapping, unless named.
struct Trial {
    const char* name;
    WrappingPair pair;
    /// As our gateway does it: clients configured for compression are told to stop.
    std::vector<std::string> server_options{"--compress", "migrate"};
    std::vector<const Personality*> visitors = everybody();
    std::optional<crypto::Digest> digest{};

    static std::vector<const Personality*> everybody() {
        const auto all = personalities();
        return {all.begin(), all.end()};
    }
};

const Personality openvpn_2_4_without_cipher = [] {
    Personality program = openvpn_2_4_without_negotiation;
    program.name = "openvpn 2.4 cipher none";
    program.options =
        "V4,dev-type tun,link-mtu 1569,tun-mtu 1500,proto UDPv4,cipher [null-cipher],auth SHA512,"
        "keysize 0,key-method 2,tls-client";
    program.own_cipher = "none";
    return program;
}();

std::vector<Trial> trials() {
    const WrappingPair bare(bridge::Wrapping::none);
    return {
        {"no wrapping", bare},
        {"tls-auth SHA1", WrappingPair(bridge::Wrapping::tls_auth, 1, "SHA1")},
        {"tls-auth SHA256, no direction",
         WrappingPair(bridge::Wrapping::tls_auth, 2, "SHA256", false)},
        {"tls-crypt", WrappingPair(bridge::Wrapping::tls_crypt, 3)},
        {"tls-crypt-v2", WrappingPair(bridge::Wrapping::tls_crypt_v2, 4)},
        {"comp-lzo", bare, {"--comp-lzo", "no"}, {&openvpn_2_3_comp_lzo, &openvpn_2_4_comp_lzo}},
        {"compress", bare, {"--compress"}, {&openvpn_2_4_compress}},
        {"SHA256", bare, {"--auth", "SHA256"}, {&openvpn_2_3}, crypto::Digest::sha256},
        {"SHA512, no cipher",
         bare,
         {"--auth", "SHA512", "--data-ciphers", "none", "--data-ciphers-fallback", "none"},
         {&openvpn_2_4_without_cipher},
         crypto::Digest::sha512}};
}

/// Metadata as stock programs make it: the time of the key's creation.
Buffer time_metadata() {
    BufferWriter out;
    out.u8(1);
    out.u64(static_cast<std::uint64_t>(seconds_of(unix_now())));
    return out.finish();
}

bool run(const Trial& trial, std::uint8_t number) {
    const StockServer server(trial.pair, number, trial.server_options);
    std::vector<std::unique_ptr<Laptop>> laptops;
    std::vector<pollfd> sockets;
    for (const Personality* personality : trial.visitors) {
        if (!knows(*personality, static_cast<KnownWrapping>(trial.pair.server().kind))) continue;
        ClientWrapping wrapping = trial.pair.client(sockets.size(), time_metadata());
        wrapping.digest = trial.digest.value_or(wrapping.digest);
        laptops.push_back(
            std::make_unique<Laptop>(*personality, tls_of(*personality, server), server, wrapping));
        sockets.push_back({.fd = laptops.back()->socket(), .events = POLLIN, .revents = 0});
    }
    const Instant end = boot_now() + 90s;
    const auto all_done = [&] {
        return std::ranges::all_of(laptops, [](const auto& laptop) { return laptop->done(); });
    };
    while (!all_done() && boot_now() < end) {
        ::poll(sockets.data(), sockets.size(), 20);
        for (const auto& laptop : laptops)
            if (!laptop->done()) laptop->turn(boot_now());
    }
    bool passed = true;
    for (const auto& laptop : laptops) {
        std::printf("%s %s, %s\n", laptop->passed() ? "ok  " : "FAIL", trial.name,
                    laptop->story().c_str());
        passed = passed && laptop->passed();
    }
    if (!passed) std::printf("--- the server's log\n%s", server.log().c_str());
    return passed;
}

}  // namespace

int main() {
    if (::geteuid() != 0) {
        std::puts("skipped: needs root for a network namespace and a TUN device");
        return 77;
    }
    try {
        enter_own_network();
        bool passed = true;
        std::uint8_t number = 0;
        for (const Trial& trial : trials()) passed = run(trial, number++) && passed;
        return passed ? 0 : 1;
    } catch (const std::exception& failure) {
        std::printf("FAIL %s\n", failure.what());
        return 1;
    }
}
