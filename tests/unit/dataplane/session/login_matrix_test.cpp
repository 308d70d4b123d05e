// Certificate x password x code x identity answer x admission: only the full conjunction enters.
// CVE-2020-15078 (pushed before the last factor had spoken), CVE-2022-0547 (one yes of two was
// enough), CVE-2026-41070 (an error taken for a yes).
#include <gtest/gtest.h>

#include <set>

#include "base/base64.h"
#include "conversation.h"

namespace kanmon::session {
namespace {

enum class Certificate : std::uint8_t { good, expired, foreign, none };
enum class Word : std::uint8_t { right, wrong, missing };
enum class Identity : std::uint8_t { yes, no, late, never, error };
enum class Way : std::uint8_t { at_once, text };  // how the code travels

struct Row {
    Certificate certificate;
    Word password;
    Word code;
    Identity identity;
    bool admission;
    Way way;

    bool may_enter() const {
        return certificate == Certificate::good && password == Word::right && code == Word::right &&
               (identity == Identity::yes || identity == Identity::late) && admission;
    }
};

std::vector<Row> truth_table() {
    std::vector<Row> rows;
    for (const auto certificate :
         {Certificate::good, Certificate::expired, Certificate::foreign, Certificate::none})
        for (const auto password : {Word::right, Word::wrong, Word::missing})
            for (const auto code : {Word::right, Word::wrong, Word::missing})
                for (const auto identity : {Identity::yes, Identity::no, Identity::late,
                                            Identity::never, Identity::error})
                    for (const bool admission : {true, false})
                        for (const auto way : {Way::at_once, Way::text})
                            rows.push_back({certificate, password, code, identity, admission, way});
    return rows;
}

std::string spelt(Word word, const std::string& right) {
    if (word == Word::missing) return {};
    return word == Word::right ? right : "wrong";
}

std::uint8_t number_of(Certificate certificate) {
    switch (certificate) {
        case Certificate::good:
            return good;
        case Certificate::expired:
            return expired;
        case Certificate::foreign:
            return foreign;
        case Certificate::none:
            break;
    }
    return no_certificate;
}

/// One attempt with this row, its events in an order that the seed draws.
class Attempt {
public:
    Attempt(const Row& row, std::uint64_t seed)
        : row_(row), random_(seed), session_(start(), random_, now_), client_(script()) {}

    /// Lets everything happen; true when anything was let through.
    bool entered() {
        for (int i = 0; i < 40 && !over_; ++i) {
            talk();
            disturb();
            if (row_.identity == Identity::late && chance(3)) pass(std::chrono::seconds(below(60)));
            answer();
        }
        for (int i = 0; i < 12; ++i) talk(), answer();
        return let_in_ || client_.heard("PUSH_REPLY");
    }
    bool asked_admission() const { return asked_admission_; }

private:
    static const std::shared_ptr<const crypto::TlsFactory>& server_tls() {
        static const auto tls = ScriptedTls::server(certificates_for_tests());
        return tls;
    }
    SessionStart start() const {
        static const auto profile = [] {
            auto made = std::make_shared<ServerProfile>();
            made->server = server_for_tests();
            made->server.login.password = made->server.login.code = true;
            made->server.login.token_seconds = 3600;
            made->server.login.token_key = SecretBuffer(Buffer(32, std::byte{1}));
            made->tls = server_tls();
            made->server_address = Ipv4{0x0a080001};
            return made;
        }();
        return {.profile = profile,
                .own = Conversation::server_id,
                .peer = Conversation::client_id,
                .peer_id = 7,
                .number = 1,
                .began = unix_time_of(1'760'000'000)};
    }
    ClientScript script() {
        Personality personality{.peer_info = peer_info_2_6};
        personality.username = "anna";
        personality.password = spelt(row_.password, "secret");
        if (row_.way == Way::text) {
            personality.peer_info += "IV_SSO=crtext\n";
        } else {
            personality.password = "SCRV1:" + to_base64(as_bytes(personality.password)) + ":" +
                                   to_base64(as_bytes(spelt(row_.code, "123456")));
        }
        return {ScriptedTls::client(number_of(row_.certificate)), personality,
                SessionIds{Conversation::client_id, Conversation::server_id}, random_};
    }

    std::uint64_t below(std::uint64_t bound) { return random_.u64() % bound; }
    bool chance(std::uint64_t one_of) { return below(one_of) == 0; }
    void pass(Duration time) {
        now_ += time;
        session_.reach(now_);
    }

    void talk() {
        pass(20ms);
        while (auto datagram = client_.next_datagram(now_))
            static_cast<void>(session_.receive_control(*datagram, now_));
        drain();
        while (auto transmit = session_.next_transmit()) client_.receive(transmit->datagram, now_);
        if (row_.way == Way::text && client_.heard("INFO_PRE,CR_TEXT") && !responded_) {
            responded_ = true;
            if (row_.code != Word::missing)
                client_.say("CR_RESPONSE," + to_base64(as_bytes(spelt(row_.code, "123456"))));
        }
    }
    void disturb() {
        if (!client_.has_exchanged(0)) return;
        if (chance(2)) client_.say("PUSH_REQUEST");
        if (chance(8)) client_.say("CR_RESPONSE,");
        if (chance(16)) session_.peer_used_key(0, now_);
        if (chance(16)) session_.key_limit_near(now_);
        if (chance(16)) session_.take_login(99, accepted(), now_);  // of nobody's question
    }
    void drain() {
        for (;;) {
            if (auto work = session_.next_tls_work()) {
                TlsProgress progress{work->key_id, work->generation, nullptr,
                                     work->engine->advance(std::move(work->input))};
                progress.engine = std::move(work->engine);
                session_.finish(std::move(progress), now_);
            } else if (auto event = session_.next_event()) {
                if (auto* question = std::get_if<LoginRequest>(&*event))
                    questions_.push_back(std::move(*question));
                asked_admission_ |= std::holds_alternative<AdmissionRequest>(*event);
                let_in_ |= std::holds_alternative<InstallKey>(*event) ||
                           std::holds_alternative<Connected>(*event);
                over_ |= std::holds_alternative<Ended>(*event);
            } else {
                return;
            }
        }
    }

    static bridge::LoginAnswer accepted() {
        bridge::LoginAnswer answer;
        answer.verdict = bridge::LoginVerdict::accepted;
        answer.username = "anna";
        return answer;
    }
    /// What control says: the password and the code it was given, and how its source behaves.
    bridge::LoginAnswer judged(const LoginRequest& question) const {
        bridge::LoginAnswer answer;
        answer.cause =
            row_.identity == Identity::error ? Cause::login_unavailable : Cause::login_refused;
        if (row_.identity == Identity::no || row_.identity == Identity::error) return answer;
        const bool knows =
            question.state == "state" || question.password == SecretBuffer(as_bytes("secret"));
        if (!knows) return answer;
        if (question.code == SecretBuffer(as_bytes("123456"))) return accepted();
        if (!question.code.empty() || !question.state.empty()) return answer;
        answer.verdict = bridge::LoginVerdict::ask_code;
        answer.state = "state";
        return answer;
    }
    void answer() {
        if (!questions_.empty() && row_.identity != Identity::never && !chance(4)) {
            session_.take_login(questions_.front().number, judged(questions_.front()), now_);
            if (chance(4))  // and once more, which must not count
                session_.take_login(questions_.front().number, accepted(), now_);
            questions_.erase(questions_.begin());
        }
        drain();
        // Answers that nobody asked for, while nobody may be admitted yet.
        if (!asked_admission_ && chance(4)) session_.admit(Conversation::address, now_);
        if (!asked_admission_ || chance(4)) return;
        if (row_.admission)
            session_.admit(Conversation::address, now_);
        else
            session_.refuse(Cause::pool_exhausted, {}, now_);
    }

    Row row_;
    SeededRandom random_;
    Instant now_ = instant_of(1'000'000'000'000);
    Session session_;
    ClientScript client_;
    std::vector<LoginRequest> questions_;
    bool responded_ = false, asked_admission_ = false, let_in_ = false, over_ = false;
};

TEST(LoginMatrix, OnlyTheFullConjunctionEnters) {
    const std::vector<Row> rows = truth_table();
    constexpr std::uint64_t attempts = 100'000;
    std::set<std::size_t> entered;
    for (std::uint64_t seed = 0; seed < attempts; ++seed) {
        const std::size_t row = seed % rows.size();
        Attempt attempt(rows[row], seed);
        const bool let_in = attempt.entered();
        ASSERT_TRUE(!let_in || rows[row].may_enter()) << "row " << row << ", seed " << seed;
        Row without = rows[row];
        without.admission = true;
        ASSERT_TRUE(!attempt.asked_admission() || without.may_enter())
            << "admission was asked, row " << row << ", seed " << seed;
        if (let_in) entered.insert(row);
    }
    for (std::size_t row = 0; row < rows.size(); ++row)
        EXPECT_EQ(entered.contains(row), rows[row].may_enter()) << "row " << row;
}

}  // namespace
}  // namespace kanmon::session
