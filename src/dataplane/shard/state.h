// What a shard remembers, and its parts. Private to this folder.
//
//   shard.cpp      the public face: routes what comes in to the parts
//   hello.cpp      control packets: to their session, or the stateless answer to strangers
//   doorway.cpp    how one server's first packets are wrapped; wrong_key.cpp: why one did not open
//   data_path.cpp  data packets of clients: opened, sealed, and floats
//   inner_path.cpp tunnelled packets: what may pass, and what fits
//   events.cpp     what sessions say: keys, admission, beginnings and ends
//   lifetime.cpp   slots, deadlines, birth and burial of clients
//   access.cpp     access rules: who has which, and what they refuse
//   observing.h    what clients speak with, for whoever asks later
//   configure.cpp  new snapshots
//   shaping.h      the gateways' bandwidths: what waits for its turn
//   counts.cpp     what was carried and counted, for who watches
#pragma once

#include <deque>

#include "dataplane/admission/brought_keys.h"
#include "dataplane/admission/cookie.h"
#include "dataplane/admission/half_open.h"
#include "dataplane/admission/issued_cookies.h"
#include "dataplane/admission/rate_limit.h"
#include "dataplane/directory/client_directory.h"
#include "dataplane/routing/address_table.h"
#include "dataplane/routing/icmp_answer.h"
#include "dataplane/routing/policy.h"
#include "dataplane/routing/super_packet.h"
#include "dataplane/shard/client.h"
#include "dataplane/shard/doorway.h"
#include "dataplane/shard/observing.h"
#include "dataplane/shard/shaping.h"
#include "dataplane/shard/wrong_key.h"
#include "dataplane/wire/control_packet.h"

namespace kanmon::shard {

using directory::no_slot;
using directory::Slot;

/// Longer than stray packets of a former client may be under way or a client keeps trying its keys.
inline constexpr Duration peer_id_quarantine = 120s;
inline constexpr ServerIndex no_server = 0xffffffff;

directory::Place place_of(const Path& path);
/// Independent keys for independent purposes, from the one that all shards share.
admission::SipKey derived_key(const std::array<std::byte, 32>& secret, std::uint8_t purpose);

struct Server {
    std::shared_ptr<const session::ServerProfile> datagrams, streams;  // null: an empty index
    std::optional<routing::AddressTable> addresses;
    routing::Neighbourhood around;  // borrows from `datagrams`
    std::unique_ptr<Doorway> door;  // null: its wrapping is unusable, and nobody is answered
    std::shared_ptr<const routing::AccessRules> access;
    std::uint32_t access_generation = 0;  // never the same for other rules

    const bridge::SslServer& settings() const { return datagrams->server; }
    bridge::Listener listener_of(const Path& path) const;
};

/// A stranger's packet that has passed the doorway of its server.
struct FirstPacket {
    const Path& path;
    Server& server;
    Bytes datagram;  // as it came
    Doorway::Opened opened;
    wire::ControlPacket packet;

    admission::Greeter greeter() const;
};

struct Shard::State final : shaper::DropCounter {
    State(const ShardOptions& options, Random& random, Outlet& outlet);

    /// Everything that comes in is one turn; clients that end in it are destroyed when it is over,
    /// so nothing that is still on the stack can point into one of them.
    class Turn {
    public:
        Turn(State& state, Instant now) : state_(state) {
            state_.now = now;
            ++state_.turns;
        }
        Turn(State& state, Instant now, UnixTime wall) : Turn(state, now) { state_.wall = wall; }
        ~Turn() {
            if (--state_.turns == 0) state_.bury();
        }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

    private:
        State& state_;
    };

    void drop(Cause cause, std::size_t packets = 1) {
        drops[static_cast<std::size_t>(cause)] += packets;
        if (serving < counts.size())
            counts[serving].drops[static_cast<std::size_t>(cause)] += packets;
    }
    void receive(const Path& path, MutableBytes packet);
    Server* server_of(const Path& path);
    Client* at(Slot slot) const;
    Client* find(std::uint64_t session) const;

    // --- hello.cpp
    void receive_control(const Path& path, Server& server, Bytes datagram);
    void greet(const Path& path, Server& server, Bytes datagram);
    void ignore(const Path& path, Cause cause);
    void meet(const FirstPacket& first);
    Expected<Doorway::Opened, Cause> open_door(const Path& path, Server& server, Bytes datagram);
    void note_stranger(const Path& path, Cause cause, std::string_view detail);
    void report_wrong_key(const Path& path, const Server& server, Bytes hello);
    void turn_away_hello(const Path& path);
    void answer_hello(const FirstPacket& first);
    void repeat_answer(const FirstPacket& first);
    void send_reset(const FirstPacket& first, const wire::SessionId& own);
    void welcome_back(const FirstPacket& first);
    void begin_session(const FirstPacket& first, const wire::SessionId& own);
    std::uint32_t wrapping_time();

    // --- data_path.cpp
    void receive_data(const Path& path, MutableBytes datagram, wire::FirstOctet first);
    Client* client_of_data(const Path& path, Bytes datagram, wire::FirstOctet first) const;
    bool follow(Client& client, const Path& to, const crypto::OpenedPacket& opened);
    bool may_move(Client& client, const Path& to);
    void take_payload(Client& client, MutableBytes payload);
    void refuse_frame(Client& client, Cause cause);
    void take_packet(Client& client, MutableBytes payload);
    void note_heard(Client& client);
    void note_carried(Client& client);
    void prepare_later(Client& client);
    void end_run();
    bool seal_and_send(Client& client, Bytes payload);
    Expected<MutableBytes, Cause> seal(Client& client, Bytes payload);
    MutableBytes sealing_room(const Client& client, std::size_t payload_octets);
    void watch_key_limit(Client& client);

    // --- inner_path.cpp
    void forward(Client& client, MutableBytes payload);
    void from_tunnel(ServerIndex server, const routing::Offload& offload, MutableBytes octets);
    void send_segments(Client& client, const routing::SuperPacket& packet);
    void send_inner(Client& client, const routing::InnerPacket& packet);
    MutableBytes out_of_the_way(Bytes octets);
    MutableBytes segment_place(const Client& client, std::size_t octets);
    bool has_room(const Client& client, std::size_t inner_octets) const;
    void hand_in(Client& client, MutableBytes packet);
    void wait_for_turn(Client& client, const routing::SuperPacket& packet);
    void let_waiting_leave();
    void dropped(Slot client, shaper::Limit limit) override;
    void carry(Client& client, const routing::InnerPacket& packet,
               const std::optional<routing::TcpSegment>& segment);
    bool carry_in_pieces(Client& client, const routing::InnerPacket& packet, std::size_t inner_max);
    void watch_upload(Client& client, const routing::InnerPacket& packet,
                      const routing::TcpSegment& segment);
    void tell_upload(Client& client);
    void answer_unreachable(ServerIndex server, const routing::SuperPacket& packet);
    void answer_too_big(Client& client, const routing::InnerPacket& packet, std::size_t inner_max);
    void measure(Client& client);

    // --- access.cpp
    void open_access(Server& server, const std::vector<Server>& former);
    void give_access(Client& client);
    bool may_pass(Client& client, const routing::InnerPacket& packet, routing::Way way,
                  std::size_t packets = 1);
    void note_denial(Client& client, const routing::InnerPacket& packet, routing::Way way,
                     const routing::Judgement& made);
    void answer_denied(Client& client, const routing::InnerPacket& packet, routing::Way way);
    bool tell_denial(Client& client);
    void tell_denials();

    // --- events.cpp
    void pump(Client& client);
    void on(Client& client, session::LoginRequest&& request);
    void on(Client& client, session::AdmissionRequest&& request);
    void on(Client& client, session::InstallKey&& key);
    void on(Client& client, session::SendWithKey&& key);
    void on(Client& client, session::RetireKey&& key);
    void on(Client& client, session::SendInBand&& message);
    void on(Client& client, session::Connected&& connected);
    void on(Client& client, session::Renegotiated&& done);
    void on(Client& client, session::Ended&& ended);
    void on(Client& client, session::Finished&& finished);
    void prove(const Client& client);
    void answer(const AdmissionAnswer& answer);
    bridge::PathQuality path_quality_of(const Client& client) const;
    void report(const Client& client, bridge::ClientStatus status, Cause cause);
    void report_if_online(Client* client);
    void record(const Client& client, bridge::Happening happening, bridge::Stage stage,
                std::optional<Cause> cause, std::string detail, const Endpoint& former = {});
    void record_move(Client& client, const Endpoint& former);
    std::uint64_t predecessor_of(const Client& client) const;

    // --- lifetime.cpp
    Slot take_slot();
    void give_back(Slot slot, bool quarantine);
    /// Ends without a word to the client.
    void remove(Client& client, Cause cause, std::string detail);
    void conclude(Client& client, Cause cause, bridge::Stage stage, std::string detail);
    void bury_later(Client& client);
    void bury();
    void schedule(Client& client);
    void reach();

    // --- counts.cpp
    bridge::ServerFact* counts_of(const Client& client);
    void count(const Client& client, bridge::Meter meter);
    void keep_counts_of(const Client& gone, Cause cause);
    void follow_servers();
    Traffic traffic();

    // --- configure.cpp
    void configure(std::vector<std::shared_ptr<const session::ServerProfile>> profiles);
    void dismiss_outdated(
        const std::vector<std::shared_ptr<const session::ServerProfile>>& profiles,
        const std::vector<ServerIndex>& unchanged);
    static ServerIndex place_in(const std::vector<ServerIndex>& unchanged, const Client& client);
    void open_server(Server& server, const std::shared_ptr<const session::ServerProfile>& profile,
                     std::vector<Server>& former);
    void open_doorway(Server& server, std::vector<Server>& former);
    void relocate(Client& client);
    void reconfigure(Client& client);

    struct Due {
        Instant at;
        std::uint64_t session;
        friend bool operator>(const Due& left, const Due& right) { return left.at > right.at; }
    };
    struct Quarantined {
        Slot slot;
        Instant until;
    };

    ShardOptions options;
    Random& random;
    Outlet& outlet;
    Instant now{};
    UnixTime wall{};
    unsigned turns = 0;

    std::vector<Server> servers;
    directory::PeerIds peer_ids;
    Slot slots_max;
    std::vector<std::unique_ptr<Client>> clients;  // by slot
    std::size_t leased = 0;
    std::uint64_t sequence = 0;
    Slot never_used = 0;
    std::vector<Slot> free_slots;
    std::deque<Quarantined> quarantine;
    std::vector<Slot> graves;

    directory::ClientDirectory directory;
    admission::CookieMaker cookies;
    admission::IssuedCookies issued;
    std::optional<admission::BroughtKeys> brought;  // since there is a tls-crypt-v2 server
    std::uint32_t latest_wrapping_time = 0;
    RecordBudget wrong_key_records, stranger_records;
    admission::RateLimit hellos;
    admission::HalfOpen half_open;

    std::vector<Due>
        deadlines;  // a heap; entries that no longer count are skipped when they come up
    std::array<std::uint64_t, cause_count> drops{};
    std::vector<bridge::ServerFact> counts;  // by ServerIndex; of traffic, that of clients gone
    ServerIndex serving = no_server;         // whose packet or client it is about now
    Client* heard = nullptr;                 // of the present run
    Client* unprepared = nullptr;            // whose keys want preparation after it
    Buffer arena;                            // where packets are sealed
    Buffer segment_room;                     // where segments are made that are not sealed as is
    Buffer piece_room;  // where pieces of packets and answers to the VPC are made
    routing::AnswerBudget answers;
    Shaping shaping{*this, options.waiting_blocks_max};
    std::optional<routing::FlowTable> flows;  // since a server had rules that can refuse
    std::uint32_t access_generation = 0;
    Slot denials_from = 0;
    Slot report_phase = 0;
    flows::Observer observer;
    Observing observing{observer};
};

}  // namespace kanmon::shard
