// F7: any sequence of calls on a session: an honest client at any pace, a hostile one beside it,
// the shard's answers at any time, and time itself. Nothing is granted that was not admitted (I1),
// a client ends once, and nothing comes out after the end.
#include <cstdlib>
#include <deque>

#include "../unit/dataplane/session/client_script.h"
#include "../unit/dataplane/session/scripted_tls.h"
#include "dataplane/session/session.h"
#include "dataplane/wire/in_band.h"

using namespace kanmon;
using namespace kanmon::session;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

constexpr wire::SessionId client_id{{std::byte{0xc1}}};
constexpr wire::SessionId server_id{{std::byte{0x5e}}};

Certificates certificates() {
    Certificates known;
    for (std::uint8_t number = 1; number <= 3; ++number) {
        known[number].common_name = "vsc-" + std::to_string(number);
        known[number].sha256.fill(static_cast<std::byte>(number));
    }
    known[3].objection = Cause::certificate_expired;
    return known;
}

constexpr std::uint8_t asks_for_password = 32;
/// The argument of `admit` from which on it is control that answers, not the keeper.
constexpr std::uint8_t control_answers = 160;

/// Its form follows from the rest of the flavour, so that all of them are met.
Personality personality(std::uint8_t flavour) {
    Personality made{.peer_info =
                         (flavour & 64) != 0 ? "IV_PROTO=990\nIV_NCP=2\n" : "IV_PROTO=2\n"};
    if ((flavour & 128) != 0) made.peer_info += "IV_SSO=crtext\n";
    if ((flavour & asks_for_password) == 0) return made;
    made.username = "anna";
    made.password = (flavour & 1) != 0 ? "secret" : "SCRV1:c2VjcmV0:MTIzNDU2";
    return made;
}

SessionStart start_of(std::uint8_t flavour) {
    auto profile = std::make_shared<ServerProfile>();
    profile->server.client_pool = *parse_cidr("10.8.0.0/24");
    profile->server.ciphers = {"AES-256-GCM"};
    profile->server.fallback_cipher = "AES-128-CBC";
    profile->server.renegotiate_seconds = (flavour & 1) != 0 ? 20 : 3600;
    profile->server.login.password = (flavour & asks_for_password) != 0;
    profile->server.login.token_seconds = 3600;
    profile->server.login.token_key = SecretBuffer(Buffer(32, std::byte{1}));
    profile->tls = ScriptedTls::server(certificates());
    SessionStart start;
    start.profile = profile;
    start.own = server_id;
    start.peer = client_id;
    return start;
}

class World {
public:
    explicit World(std::uint8_t flavour)
        : session_(start_of(flavour), random_, now_),
          client_(ScriptedTls::client(static_cast<std::uint8_t>(1 + flavour / 2 % 4)),
                  personality(flavour), SessionIds{client_id, server_id}, random_),
          asks_((flavour & asks_for_password) != 0) {
        client_.tls_of_later_keys =
            ScriptedTls::client(static_cast<std::uint8_t>(1 + flavour / 8 % 4));
    }

    void act(std::uint8_t action, std::uint8_t argument) {
        switch (action % 16) {
            case 0:
                return pass(argument * 100ms);
            case 1:
                return client_speaks(argument);
            case 2:
                return server_speaks(argument);
            case 3:
                return start_work();
            case 4:
                return finish_work();
            case 5:
                return argument >= control_answers ? take_login(argument) : admit();
            case 6:
                return session_.refuse(cause_of(argument), "detail", now_);
            case 7:
                return dismiss(argument);
            case 8:
                return forge(argument);
            case 9:
                return session_.heard(now_);
            case 10:
                return session_.peer_used_key(argument % 8, now_);
            case 11:
                return session_.key_limit_near(now_);
            case 12:
                return in_band(argument);
            case 13:
                if (argument >= control_answers) return client_.say("CR_RESPONSE,MTIzNDU2");
                return client_.say((argument & 1) != 0 ? "EXIT" : "PUSH_REQUEST");
            case 14:
                return everything(argument);
            case 15:
                return pass(argument * 10s);
        }
    }

    void check_events() {
        while (auto event = session_.next_event()) {
            require(!finished_);
            std::visit([this](const auto& what) { check(what); }, *event);
        }
    }

private:
    void check(const LoginRequest& request) {
        require(!ended_ && request.number == ++questions_);
        require(asked_ || request.proof != bridge::LoginProof::same_session);
        answerable_ = true;
    }
    void check(const AdmissionRequest&) {
        require(!ended_ && (proven_ || !asks_) && !std::exchange(asked_, true));
    }
    void check(const InstallKey&) { require(admitted_ && !ended_); }
    void check(const SendWithKey&) { require(admitted_ && !ended_); }
    void check(const Connected&) { require(admitted_ && !ended_); }
    void check(const Renegotiated&) { require(admitted_ && !ended_); }
    void check(const RetireKey&) { require(admitted_); }
    void check(const SendInBand&) { require(admitted_ && !ended_); }
    void check(const Ended&) { require(!std::exchange(ended_, true)); }
    void check(const Finished&) { require(ended_ && !std::exchange(finished_, true)); }

    static Cause cause_of(std::uint8_t number) { return static_cast<Cause>(number % cause_count); }

    void pass(Duration duration) {
        now_ += duration;
        session_.reach(now_);
        const auto deadline = session_.next_deadline();
        require(!finished_ || !deadline);
    }
    void client_speaks(std::uint8_t drops) {
        for (unsigned i = 0; i < 16; ++i) {
            const auto datagram = client_.next_datagram(now_);
            if (!datagram) return;
            if ((drops >> i % 8 & 1) == 0)
                static_cast<void>(session_.receive_control(*datagram, now_));
        }
    }
    void server_speaks(std::uint8_t drops) {
        unsigned count = 0;
        while (const auto transmit = session_.next_transmit()) {
            require(transmit->datagram.size() <= 1222);
            if ((drops >> count % 8 & 1) == 0) client_.receive(transmit->datagram, now_);
            require(++count < 100);
        }
    }
    void start_work() {
        if (auto work = session_.next_tls_work()) {
            work_.push_back(std::move(*work));
            require(work_.size() <= 4 + stale_);
        }
    }
    void finish_work() {
        if (work_.empty()) return;
        TlsWork work = std::move(work_.front());
        work_.pop_front();
        TlsProgress progress;
        progress.key_id = work.key_id;
        progress.generation = work.generation;
        progress.output = work.engine->advance(std::move(work.input));
        progress.engine = std::move(work.engine);
        session_.finish(std::move(progress), now_);
    }
    void admit() {
        check_events();
        if (asked_ && !ended_) admitted_ = true;
        session_.admit(Ipv4{0x0a080006}, now_);
    }
    /// To the latest question or to an older one, yes and no alike.
    void take_login(std::uint8_t argument) {
        check_events();
        bridge::LoginAnswer answer;
        answer.verdict = static_cast<bridge::LoginVerdict>(argument % 4);
        answer.username = (argument & 16) != 0 ? "anna" : "";
        answer.cause = cause_of(argument);
        answer.text = "https://login.example/";
        answer.state = "state";
        const bool counts = (argument & 8) == 0 && answerable_;
        if (counts && answer.verdict == bridge::LoginVerdict::accepted && !answer.username.empty())
            proven_ = true;
        session_.take_login(counts ? questions_ : questions_ - 1, answer, now_);
    }
    void dismiss(std::uint8_t argument) {
        session_.dismiss(cause_of(argument), now_);
        require(session_.stage() == bridge::Stage::ended);
    }
    void forge(std::uint8_t argument) {
        wire::ControlPacket packet;
        packet.opcode = static_cast<wire::Opcode>(3 + argument % 8);
        if (wire::is_data(packet.opcode)) packet.opcode = wire::Opcode::soft_reset_v1;
        packet.key_id = argument / 8 % 8;
        packet.sender = client_id;
        if (packet.opcode != wire::Opcode::ack_v1) packet.packet_id = argument / 32;
        const Buffer garbage(argument, std::byte{argument});
        packet.payload = garbage;
        static_cast<void>(session_.receive_control(wire::encode(packet), now_));
    }
    void in_band(std::uint8_t argument) {
        Buffer payload = copy_of(wire::occ_exit_payload());
        payload.back() = static_cast<std::byte>(argument % 8);
        session_.in_band(payload, now_);
    }
    /// Some rounds of an untroubled network, so that short inputs get far.
    void everything(std::uint8_t rounds) {
        for (unsigned i = 0; i < rounds % 8 + 1U; ++i) {
            client_speaks(0);
            for (unsigned k = 0; k < 4; ++k) start_work(), finish_work();
            server_speaks(0);
        }
    }

    SeededRandom random_{1};
    Instant now_ = instant_of(1'000'000'000);
    Session session_;
    ClientScript client_;
    std::deque<TlsWork> work_;
    static constexpr std::size_t stale_ = 64;  // of keys that are gone meanwhile
    const bool asks_;
    std::uint32_t questions_ = 0;
    bool answerable_ = false, proven_ = false;
    bool asked_ = false, admitted_ = false, ended_ = false, finished_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    World world(data[0]);
    for (std::size_t i = 1; i + 1 < size && i < 1024; i += 2) {
        world.act(data[i], data[i + 1]);
        world.check_events();
    }
    return 0;
}
