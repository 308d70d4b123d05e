// The messages between the broker (root) and its two customers, control and data.
//
// The same envelope as bridge/messages.h with its own magic. Control tells the wanted state; data
// asks for descriptors of what control wanted. The broker answers every request once, by id.
// The broker knows who speaks by SO_PEERCRED: only control may want, only data may open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/result.h"
#include "bridge/messages.h"
#include "bridge/snapshot.h"

namespace kanmon::bridge {

inline constexpr std::uint16_t broker_magic = 0x4b42;  // "KB"
inline constexpr std::uint8_t broker_version = 3;

/// What the kernel shall hold for one SSL server.
struct WantedServer {
    std::string server_id;      // vss-…
    std::string device;         // TUN device name, at most 15 octets of [a-z0-9]
    std::string vpc_namespace;  // a name below /run/netns; empty: the host itself
    Ipv4 server_address;        // the gateway's own tunnel address
    Cidr client_pool;           // routed into the device
    Topology topology = Topology::net30;
    std::uint16_t mtu = 1500;
    std::uint16_t queues = 1;  // TUN queues, 1..64
    std::vector<Listener> listeners;
    std::optional<Cidr6> client_pool6;  // the server's own address in it: tunnel_address6
    /// Clients appear in the VPC with the host's address there, on ports outside the listeners'.
    bool source_nat = false;
    friend bool operator==(const WantedServer&, const WantedServer&) = default;
};

/// The whole wanted state, absolute: what is not in it is removed. It travels in a sealed memory
/// file beside a WantReady, since it grows with the installation.
struct Want {
    std::uint64_t number = 0;  // grows; a smaller one than the present is refused
    std::vector<WantedServer> servers;
    friend bool operator==(const Want&, const Want&) = default;
};

/// The descriptor beside it (SCM_RIGHTS) holds the Want of this number.
struct WantReady {
    std::uint64_t number = 0;
    friend bool operator==(const WantReady&, const WantReady&) = default;
};

/// Answer to WantReady, and to an Open that cannot be met. `problem` is empty when all was reached;
/// else a sentence for people that names what could not be made and why.
struct BrokerAnswer {
    std::string problem;
    friend bool operator==(const BrokerAnswer&, const BrokerAnswer&) = default;
};

/// Asks for the TUN queues of a server. The answer is an Opened with one descriptor a queue and,
/// where it is `steered`, a last one: the table of bridge/tun_steering.h.
struct OpenTun {
    std::string server_id;
    friend bool operator==(const OpenTun&, const OpenTun&) = default;
};

/// Asks for bound sockets of one listener: `sockets` UDP sockets, or as many listening TCP ones,
/// with SO_REUSEPORT.
struct OpenListener {
    std::string server_id;
    Listener listener;
    std::uint16_t sockets = 1;  // 1..64
    friend bool operator==(const OpenListener&, const OpenListener&) = default;
};

/// The descriptors travel beside it (SCM_RIGHTS), `descriptors` of them, at most 65.
struct Opened {
    std::uint16_t descriptors = 0;
    bool steered = false;
    friend bool operator==(const Opened&, const Opened&) = default;
};

using BrokerBody = std::variant<WantReady, BrokerAnswer, OpenTun, OpenListener, Opened>;

struct BrokerMessage {
    std::uint64_t id = 0;
    BrokerBody body;
    friend bool operator==(const BrokerMessage&, const BrokerMessage&) = default;
};

/// Empty for a message that breaks a limit: such a message cannot be sent.
Buffer encode(const BrokerMessage& message);
Expected<BrokerMessage, MessageError> decode_broker_message(Bytes octets);

inline constexpr std::uint16_t want_magic = 0x4b57;  // "KW"
inline constexpr std::uint8_t want_version = 1;
inline constexpr std::size_t want_octets_max = std::size_t{32} << 20;

/// Octets: magic, version, number, servers. Empty for more than 65,536 servers, or than 32 MiB.
Buffer encode(const Want& want);
Expected<Want, MessageError> decode_want(Bytes octets);

}  // namespace kanmon::bridge
