// The messages of the bridge: data <-> control on one SOCK_SEQPACKET socket, one message a packet.
//
//      0        2         3        4              12
//     +--------+---------+--------+--------------+--------------------+
//     | magic  | version | type   | id           | body of that type  |
//     | u16    | u8      | u8     | u64          | to the end         |
//     +--------+---------+--------+--------------+--------------------+
//
// `id` pairs a Question with its Answer; it is 0 elsewhere. Questions are idempotent by id: asking
// twice gives the same answer. Facts are absolute values, sent again after a reconnect. Records may
// be dropped under load; the sender counts them.
// Limits: 64 KiB a message; texts at most `text_octets_max`, longer ones are refused, never cut.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "bridge/causes.h"
#include "bridge/machine_facts.h"
#include "bridge/observed_flow.h"
#include "bridge/snapshot.h"

namespace kanmon::bridge {

inline constexpr std::uint16_t message_magic = 0x4b4d;  // "KM"
inline constexpr std::uint8_t message_version = 5;
inline constexpr std::size_t message_octets_max = 65536;
inline constexpr std::size_t text_octets_max = 4096;

// --- up: data -> control -------------------------------------------------------------------------

/// First message on a new connection; control answers with a SnapshotReady.
struct DataHello {
    std::uint64_t process = 0;          // random, new at every start of the data process
    std::uint64_t snapshot_number = 0;  // the one in force, 0 for none
    friend bool operator==(const DataHello&, const DataHello&) = default;
};

/// "May this lease be?" Control stores it durably, then answers. A lease already stored with the
/// same content is a yes.
struct LeaseQuestion {
    Lease lease;
    friend bool operator==(const LeaseQuestion&, const LeaseQuestion&) = default;
};

/// How much a user has proved already when control is asked.
enum class LoginProof : std::uint8_t {
    full,          // nothing yet: everything is to be checked
    same_session,  // a renegotiation: the password again, no code; it was given at `proven_at`
    token          // a token of ours holds: only whether the user may still enter
};

/// "Is this who it says?" Asked for each factor that a server wants beside the certificate, and
/// again with `answer` when control asked something back. Control decides; it may take minutes.
struct LoginQuestion {
    std::uint64_t session = 0;
    std::string server_id;
    std::string common_name;           // of the verified certificate; empty without one
    std::string username;              // hostile
    SecretBuffer password;             // as the user typed it; the code is taken out already
    SecretBuffer code;                 // the one-time code; empty when not given yet
    std::string state;                 // CRV1: the state id that a LoginAnswer gave; else empty
    std::vector<std::string> methods;  // of IV_SSO: crtext, openurl, webauth
    Endpoint remote;
    LoginProof proof = LoginProof::full;
    UnixTime proven_at{};  // when the user was last asked; not for `full`
    friend bool operator==(const LoginQuestion&, const LoginQuestion&) = default;
};

/// A TCP connection on a shared port that does not speak OpenVPN. Its descriptor travels beside
/// this message; nothing was read from it.
struct StrangerStream {
    std::string server_id;
    Endpoint remote;
    friend bool operator==(const StrangerStream&, const StrangerStream&) = default;
};

/// The present state of one lease: connected (session != 0), held, or free (`gone`).
struct LeaseFact {
    Lease lease;
    bool gone = false;
    friend bool operator==(const LeaseFact&, const LeaseFact&) = default;
};

enum class ClientStatus : std::uint8_t { online, ended };

/// What the kernel has measured of a client's TCP connection.
struct StreamQuality {
    std::uint32_t round_trip_microseconds = 0;  // smoothed
    std::uint32_t repeated_segments = 0;        // that we sent again
    friend bool operator==(const StreamQuality&, const StreamQuality&) = default;
};

/// Of the path outside between a client and us, since the session began.
struct PathQuality {
    std::uint64_t lost_packets = 0;       // on their way from the client, by gaps in their ids
    std::uint64_t reordered_packets = 0;  // on the same way; not lost, but late
    /// From a control packet of ours to its acknowledgement; nothing until one was measured.
    std::optional<std::uint32_t> round_trip_microseconds, least_round_trip_microseconds;
    std::optional<StreamQuality> stream;  // of a TCP connection
    friend bool operator==(const PathQuality&, const PathQuality&) = default;
};

/// The present state of one connected client, absolute values. Sent when it changes and, for the
/// counters, every few seconds.
struct ClientFact {
    std::uint64_t session = 0;
    ClientStatus status = ClientStatus::online;
    std::string server_id;
    std::string common_name;
    Endpoint remote;
    Transport transport = Transport::udp;
    Ipv4 tunnel_address;
    std::string cipher;
    std::string version;   // IV_VER, as sent: hostile
    std::string platform;  // IV_PLAT, as sent: hostile
    std::string revision;  // UV_KANMON_REV, as sent: hostile; empty when not announced
    std::string username;  // who logged in; empty without a password
    /// Ours minus the client's clock in seconds, read from wrapped packets; nothing without them.
    std::optional<std::int32_t> clock_behind_seconds;
    UnixTime connected_at{};
    std::uint64_t received_octets = 0;  // tunnelled octets from the client
    std::uint64_t sent_octets = 0;
    std::uint64_t received_packets = 0;
    std::uint64_t sent_packets = 0;
    /// From the client: foreign source, to other clients, …; both ways: refused by access rules.
    std::uint64_t refused_packets = 0;
    std::uint64_t late_packets = 0;  // both ways: waited too long for their turn in a bandwidth
    std::uint64_t oversize_packets = 0;    // to the client: larger than its path takes
    std::uint64_t fragmented_packets = 0;  // of these: sent in fragments
    std::uint16_t segment_limit = 0;       // what the MSS of tunnelled TCP is clamped to
    PathQuality path;
    Cause cause = Cause::client_left;  // only when ended
    friend bool operator==(const ClientFact&, const ClientFact&) = default;
};

/// How far a connection attempt or a life got.
enum class Stage : std::uint8_t { reset, tls, key_exchange, admission, pushed, connected, ended };

/// What a record tells: how an attempt ended, or a moment of a client's life.
enum class Happening : std::uint8_t {
    refused,
    connected,
    negotiated,
    renegotiated,
    moved,
    ended,
    denied  // access rules refuse what it sends, or what the VPC sends to it; `detail` says which
};

/// One attempt or one life-cycle event, for the log that operators search.
struct AttemptRecord {
    UnixTime at{};
    std::string server_id;
    Endpoint remote;
    Transport transport = Transport::udp;
    std::uint64_t session = 0;  // 0 before there is one
    Happening happening = Happening::refused;
    Stage stage = Stage::reset;
    Cause cause = Cause::truncated;  // of `refused`, `ended` and `denied`; elsewhere meaningless
    /// A certificate of ours was shown, or a login accepted. Records of anybody else are a
    /// stranger's: whoever reaches a port can cause them, so they never displace those of clients.
    bool known = false;
    std::string common_name = {};       // empty before TLS
    std::string username = {};          // as the client spelt it: hostile
    Ipv4 tunnel_address = {};           // zero before there is one
    std::string cipher = {};            // of the data channel
    std::string version = {};           // IV_VER of `connected`: hostile
    std::string platform = {};          // IV_PLAT of `connected`: hostile
    Endpoint former = {};               // of `moved`: where the client was before
    std::uint64_t received_octets = 0;  // of `ended`: tunnelled octets from the client
    std::uint64_t sent_octets = 0;
    std::string detail = {};  // dates, alerts: hostile parts are escaped already
    friend bool operator==(const AttemptRecord&, const AttemptRecord&) = default;
};

/// What is counted of a server; the first `client_meter_count` of a client too.
enum class Meter : std::uint8_t {
    received_octets,  // tunnelled octets from clients
    sent_octets,
    received_packets,
    sent_packets,
    dropped_packets,  // of a server: of every cause
    handshakes_begun,
    handshakes_done,  // the client was connected
    handshakes_refused,
    renegotiations,
    moves
};
inline constexpr std::size_t client_meter_count = 5;
inline constexpr std::size_t meter_count = 10;

/// Absolute since the session began.
struct ClientTraffic {
    std::uint64_t session = 0;
    std::array<std::uint64_t, client_meter_count> meters{};
    friend bool operator==(const ClientTraffic&, const ClientTraffic&) = default;
};
/// Every second, the clients that carried something since: at most `traffic_clients_max` of them.
struct TrafficFact {
    std::vector<ClientTraffic> clients;
    friend bool operator==(const TrafficFact&, const TrafficFact&) = default;
};
inline constexpr std::size_t traffic_clients_max = 1000;

/// Every second, of each server: absolute since the data process started or the server was made,
/// clients that are gone included.
struct ServerFact {
    std::string server_id;
    std::uint32_t online = 0;
    std::uint32_t half_open = 0;
    std::array<std::uint64_t, meter_count> meters{};
    std::array<std::uint64_t, cause_count> drops{};
    friend bool operator==(const ServerFact&, const ServerFact&) = default;
};

/// Answer to the FlowQuestion of the same id.
struct FlowAnswer {
    bool known = false;  // false: no such session here
    ObservedFlows seen;
    friend bool operator==(const FlowAnswer&, const FlowAnswer&) = default;
};

/// Counters of dropped packets by cause, absolute since the data process started.
struct DropFact {
    std::array<std::uint64_t, cause_count> by_cause{};
    std::uint64_t records_lost = 0;
    friend bool operator==(const DropFact&, const DropFact&) = default;
};

/// What the machine gives, and the batches of each shard: absolute since the data process started.
struct MachineFact {
    Provisions provisions{};
    std::string ciphers;  // which back end serves which suite, in words
    std::vector<ShardBatches> shards;
    friend bool operator==(const MachineFact&, const MachineFact&) = default;
};
inline constexpr std::size_t shards_told_max = 64;

// --- down: control -> data -----------------------------------------------------------------------

/// A new snapshot, one memfd beside it (SCM_RIGHTS). Data says it back, bare, once it is in force.
struct SnapshotReady {
    std::uint64_t number = 0;
    friend bool operator==(const SnapshotReady&, const SnapshotReady&) = default;
};

/// Answer to the LeaseQuestion of the same id.
struct LeaseAnswer {
    bool granted = false;
    Cause cause = Cause::gateway_not_ready;  // only when not granted
    friend bool operator==(const LeaseAnswer&, const LeaseAnswer&) = default;
};

/// Answer to the LoginQuestion of the same id. `ask_code` and `open_page` are not the last word:
/// the next one comes as a further LoginAnswer of this id, or is asked for by a new question.
enum class LoginVerdict : std::uint8_t { accepted, refused, ask_code, open_page };
struct LoginAnswer {
    LoginVerdict verdict = LoginVerdict::refused;
    std::string username;                // accepted: who it is
    Cause cause = Cause::login_refused;  // refused
    std::string text;                    // refused: why; ask_code: the prompt; open_page: the URL
    std::string state;                   // ask_code: comes back in the next LoginQuestion
    /// ask_code, open_page: how long control waits; refused: when to come back (0: unsaid).
    std::uint32_t wait_seconds = 0;
    friend bool operator==(const LoginAnswer&, const LoginAnswer&) = default;
};

/// Ends a session now; `session` 0 with a name ends all of that certificate or user on the server.
struct Disconnect {
    std::uint64_t session = 0;
    std::string server_id;
    std::string common_name;
    Cause cause = Cause::disconnected_by_operator;
    friend bool operator==(const Disconnect&, const Disconnect&) = default;
};

/// "Whom does this client speak with?" The one question that goes down.
struct FlowQuestion {
    std::uint64_t session = 0;
    friend bool operator==(const FlowQuestion&, const FlowQuestion&) = default;
};

/// Frees a held slot before its time.
struct ReleaseSlot {
    std::string server_id;
    Ipv4 address;
    friend bool operator==(const ReleaseSlot&, const ReleaseSlot&) = default;
};

using MessageBody =
    std::variant<DataHello, LeaseQuestion, LeaseFact, ClientFact, AttemptRecord, DropFact,
                 SnapshotReady, LeaseAnswer, Disconnect, ReleaseSlot, LoginQuestion, LoginAnswer,
                 StrangerStream, TrafficFact, ServerFact, FlowQuestion, FlowAnswer, MachineFact>;

struct Message {
    std::uint64_t id = 0;
    MessageBody body;
    friend bool operator==(const Message&, const Message&) = default;
};

enum class MessageError : std::uint8_t {
    truncated,
    wrong_magic,
    wrong_version,
    unknown_type,
    out_of_range,
    trailing
};

/// Empty for a message that breaks a limit above: such a message cannot be sent.
Buffer encode(const Message& message);
Expected<Message, MessageError> decode_message(Bytes octets);

}  // namespace kanmon::bridge
