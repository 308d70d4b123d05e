// Everything that differs from world to world, drawn from its seed.
#pragma once

#include <string>
#include <string_view>

#include "bridge/snapshot.h"
#include "client/wrapping_pair.h"
#include "world/chance.h"

namespace kanmon::world {

/// What control's double takes for a password.
inline constexpr std::string_view right_password = "correct horse";

struct Weather {
    double loss = 0;
    double duplication = 0;
    double corruption = 0;  // of what is protected; other control packets are TLS's business
    double theft = 0;       // an attacker sends a packet again, from his own address
    Duration delay{};
    Duration jitter{};
};

struct Setup {
    std::uint64_t seed = 0;
    std::uint32_t clients = 100;
    bool openssl = false;
    std::uint32_t shards = 1;
    Weather weather;
    bridge::SslServer server;
    bridge::Gateway gateway;
    client::WrappingPair wrapping{bridge::Wrapping::none};
    Duration control_delay{};  // one way
    Duration life{};           // then everybody leaves
    bool crashes = false;      // the data process dies once
    bool control_goes_away = false;
    double flood = 0;  // resets of strangers a second
    bool squatters =
        false;             // the strangers take up their cookie, begin a handshake and fall silent
    bool changes = false;  // the operator adds and removes local networks and name servers
    Instant names_changed_at{};
    bool storm = false;    // everybody comes at once, and again after the gateway was restarted
    std::uint32_t half_open_max = 64;

    bool is_calm() const { return weather.loss <= 0.01 && !crashes && !storm; }
    bool has_room_for_all() const;
    /// Several laptops use this certificate, and each pushes the others out.
    bool is_contested(const std::string& common_name) const;
    std::string text() const;
};

/// The certificate of a laptop: a few are used by two laptops at once.
std::uint32_t certificate_of(std::uint32_t laptop);

struct Options {
    std::uint32_t clients = 100;
    bool openssl = false;
    bool storm = false;
};

Setup draw_setup(std::uint64_t seed, const Options& options);

}  // namespace kanmon::world
