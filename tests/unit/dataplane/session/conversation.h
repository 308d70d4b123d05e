// One session and one client over a pipe with virtual time; what the session says is written down.
#pragma once

#include <gtest/gtest.h>

#include <deque>

#include "client_script.h"
#include "dataplane/session/session.h"
#include "scripted_tls.h"

namespace kanmon::session {

inline const std::string peer_info_2_3 = "IV_VER=2.3.18\nIV_PLAT=linux\nIV_PROTO=2\n";
inline const std::string peer_info_2_4 =
    "IV_VER=2.4.12\nIV_PLAT=linux\nIV_PROTO=2\nIV_NCP=2\n"
    "IV_CIPHERS=AES-256-GCM:AES-128-GCM:AES-128-CBC\nIV_LZ4=1\nIV_LZ4v2=1\nIV_LZO=1\n"
    "IV_COMP_STUB=1\nIV_COMP_STUBv2=1\nIV_TCPNL=1\n";
inline const std::string peer_info_2_5 =
    "IV_VER=2.5.11\nIV_PLAT=linux\nIV_PROTO=6\nIV_NCP=2\n"
    "IV_CIPHERS=AES-256-GCM:AES-128-GCM:AES-128-CBC\nIV_LZ4=1\nIV_LZ4v2=1\nIV_LZO=1\n"
    "IV_COMP_STUB=1\nIV_COMP_STUBv2=1\nIV_TCPNL=1\n";
inline const std::string peer_info_2_6 =
    "IV_VER=2.6.14\nIV_PLAT=linux\nIV_TCPNL=1\nIV_MTU=1600\nIV_NCP=2\n"
    "IV_CIPHERS=AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305\nIV_PROTO=990\nIV_LZO_STUB=1\n"
    "IV_COMP_STUB=1\nIV_COMP_STUBv2=1\n";
inline const std::string peer_info_2_7 =
    "IV_VER=2.7.6\nIV_PLAT=linux\nIV_TCPNL=1\nIV_MTU=1600\nIV_NCP=2\n"
    "IV_CIPHERS=AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305\nIV_PROTO=8094\nIV_LZO_STUB=1\n"
    "IV_COMP_STUB=1\nIV_COMP_STUBv2=1\n";
inline const std::string peer_info_openvpn3 =
    "IV_VER=3.12_git:master\nIV_PLAT=linux\nIV_NCP=2\nIV_TCPNL=1\nIV_PROTO=8094\nIV_MTU=1600\n"
    "IV_CIPHERS=AES-128-GCM:AES-192-GCM:AES-256-GCM:CHACHA20-POLY1305\nIV_GUI_VER=cli 1.0\n";

inline bridge::SslServer server_for_tests() {
    bridge::SslServer server;
    server.id = "vss-1";
    server.client_pool = *parse_cidr("10.8.0.0/24");
    server.local_networks = {*parse_cidr("172.20.0.0/16")};
    server.dns_servers = {*parse_ipv4("100.100.2.136")};
    server.ciphers = {"AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305"};
    server.fallback_cipher = "AES-128-CBC";
    return server;
}

inline crypto::PeerCertificate certificate_for_tests(std::uint8_t number) {
    crypto::PeerCertificate certificate;
    certificate.common_name = "vsc-" + std::to_string(number);
    certificate.serial = "0a";
    certificate.not_before = unix_time_of(1'700'000'000);  // 2023-11-14
    certificate.not_after = unix_time_of(1'767'312'000);   // 2026-01-02
    certificate.sha256.fill(static_cast<std::byte>(number));
    return certificate;
}

inline constexpr std::uint8_t good = 1, other = 2, expired = 3, foreign = 99;

inline Certificates certificates_for_tests() {
    Certificates known;
    for (const std::uint8_t number : {good, other, expired})
        known[number] = certificate_for_tests(number);
    known[expired].objection = Cause::certificate_expired;
    return known;
}

class Conversation {
public:
    struct Setting {
        Personality personality{.peer_info = peer_info_2_6};
        bridge::SslServer server = server_for_tests();
        std::shared_ptr<const crypto::TlsFactory> server_tls =
            ScriptedTls::server(certificates_for_tests());
        std::shared_ptr<const crypto::TlsFactory> client_tls = ScriptedTls::client(good);
        unsigned loss_percent = 0;
        std::uint64_t seed = 1;
        bool admits = true;  // answers admission requests at once
        UnixTime began = unix_time_of(1'760'000'000);
        /// What wraps the control packets of both sides; null for nothing.
        std::shared_ptr<crypto::ControlWrap> server_wrap{}, client_wrap{};
    };

    explicit Conversation(Setting setting)
        : random(setting.seed),
          loss_(setting.loss_percent),
          admits_(setting.admits),
          profile_(profile_of(setting)),
          session(start_of(setting, profile_), random, now),
          client(setting.client_tls, setting.personality, SessionIds{client_id, server_id},
                 random) {
        client.wrap_with(setting.client_wrap);
    }

    /// Lets time pass in steps of 10 ms.
    void run(Duration duration) {
        for (const Instant until = now + duration; now < until; now += 10ms) step();
    }
    template <class Condition>
    bool run_until(Condition condition, Duration limit = 60s) {
        for (const Instant until = now + limit; now < until; now += 10ms) {
            step();
            if (condition()) return true;
        }
        return false;
    }
    bool connect() {
        return run_until([&] { return has<Connected>() && client.heard("PUSH_REPLY"); });
    }

    /// The settings of the server become these while the client is here.
    void reconfigure(const bridge::SslServer& server) {
        auto profile = std::make_shared<ServerProfile>(*profile_);
        profile->server = server;
        session.reconfigure(profile, now);
        drain_session();
    }

    void step() {
        if (const auto deadline = session.next_deadline(); deadline && deadline->at <= now)
            session.reach(now);
        deliver();
        drain_session();
        while (auto datagram = client.next_datagram(now)) launch(std::move(*datagram), true);
    }

    template <class Event>
    std::vector<const Event*> all() const {
        std::vector<const Event*> found;
        for (const SessionEvent& event : events)
            if (const auto* match = std::get_if<Event>(&event)) found.push_back(match);
        return found;
    }
    template <class Event>
    bool has() const {
        return !all<Event>().empty();
    }
    std::vector<wire::KeyId> sent_with() const {
        std::vector<wire::KeyId> ids;
        for (const auto* event : all<SendWithKey>()) ids.push_back(event->key_id);
        return ids;
    }
    std::vector<wire::KeyId> installed() const {
        std::vector<wire::KeyId> ids;
        for (const auto* event : all<InstallKey>()) ids.push_back(event->key_id);
        return ids;
    }

    static constexpr wire::SessionId client_id{{std::byte{0xc1}}};
    static constexpr wire::SessionId server_id{{std::byte{0x5e}}};
    static constexpr Ipv4 address{0x0a080006};

    Instant now = instant_of(1'000'000'000'000);
    SeededRandom random;
    std::vector<SessionEvent> events;
    std::vector<Taken> taken;       // what became of each datagram of the client
    std::vector<Buffer> to_client;  // every datagram, also those that get lost

private:
    struct InFlight {
        Instant arrives;
        bool to_server;
        Buffer octets;
    };

    static std::shared_ptr<const ServerProfile> profile_of(const Setting& setting) {
        auto profile = std::make_shared<ServerProfile>();
        profile->server = setting.server;
        profile->tls = setting.server_tls;
        profile->server_address = Ipv4{0x0a080001};
        return profile;
    }
    static SessionStart start_of(const Setting& setting,
                                 std::shared_ptr<const ServerProfile> profile) {
        return {.profile = std::move(profile),
                .own = server_id,
                .peer = client_id,
                .peer_id = 7,
                .number = 1,
                .began = setting.began,
                .wrapping = {.wrap = setting.server_wrap, .time = 1'700'000'000, .sent = 1}};
    }

    void deliver() {
        std::vector<InFlight> landed;
        std::erase_if(air_, [&](InFlight& flight) {
            if (flight.arrives > now) return false;
            landed.push_back(std::move(flight));
            return true;
        });
        for (const InFlight& flight : landed) {
            if (flight.to_server) {
                taken.push_back(session.receive_control(flight.octets, now));
                drain_session();
            } else {
                client.receive(flight.octets, now);
            }
        }
    }

    void drain_session() {
        while (true) {
            if (auto work = session.next_tls_work()) {
                TlsProgress progress{work->key_id, work->generation, nullptr,
                                     work->engine->advance(std::move(work->input))};
                progress.engine = std::move(work->engine);
                session.finish(std::move(progress), now);
            } else if (auto event = session.next_event()) {
                const bool asks = std::holds_alternative<AdmissionRequest>(*event);
                events.push_back(std::move(*event));
                if (asks && admits_) session.admit(address, now);
            } else {
                break;
            }
        }
        while (auto transmit = session.next_transmit())
            launch(std::move(transmit->datagram), false);
    }

    void launch(Buffer octets, bool to_server) {
        if (!to_server) to_client.push_back(octets);
        EXPECT_LE(octets.size(), 1222U);
        if (random.u64() % 100 < loss_) return;
        air_.push_back({now + std::chrono::milliseconds(10 + random.u64() % 20), to_server,
                        std::move(octets)});
    }

    unsigned loss_;
    bool admits_;
    std::shared_ptr<const ServerProfile> profile_;
    std::deque<InFlight> air_;

public:
    Session session;
    ClientScript client;
};

}  // namespace kanmon::session
