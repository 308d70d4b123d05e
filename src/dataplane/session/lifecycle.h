// The life of one client, as a table.
//
// Promises: nothing but `Lifecycle` changes a phase, and only along a row. An input without a row
// is
//           not an error of the caller but a fact that came too late (an answer for a client that
//           has just left): `take` says so and the caller does nothing.
#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "bridge/messages.h"

namespace kanmon::session {

enum class Phase : std::uint8_t {
    greeted,      // the reset was answered; TLS has not begun
    securing,     // TLS handshake
    identifying,  // TLS stands; the client's key-method 2 message is awaited
    proving,      // what the server wants beside the certificate is being asked of control
    asking,       // the shard was asked whether this client may enter
    holding,      // admitted; a client that asks for its options has not asked yet
    pushing,      // keys are installed, PUSH_REPLY is with TLS
    connected,    // the tunnel carries packets
    refusing,     // told by a delayed RESTART, because the client would take AUTH_FAILED as final
    lingering,    // over; retransmissions are still acknowledged
    finished,
};

enum class Step : std::uint8_t {
    tls_begun,
    tls_done,
    identified,
    proven,
    admitted,
    asked_for_options,
    pushed,
    deferred,
    ended,
    drained
};

struct Transition {
    Phase from;
    Step on;
    Phase to;
};

// clang-format off
inline constexpr std::array lifecycle{
    Transition{Phase::greeted,     Step::tls_begun,         Phase::securing},
    Transition{Phase::greeted,     Step::ended,             Phase::lingering},
    Transition{Phase::securing,    Step::tls_done,          Phase::identifying},
    Transition{Phase::securing,    Step::ended,             Phase::lingering},
    Transition{Phase::identifying, Step::identified,        Phase::proving},
    Transition{Phase::identifying, Step::deferred,          Phase::refusing},
    Transition{Phase::identifying, Step::ended,             Phase::lingering},
    Transition{Phase::proving,     Step::proven,            Phase::asking},
    Transition{Phase::proving,     Step::deferred,          Phase::refusing},
    Transition{Phase::proving,     Step::ended,             Phase::lingering},
    Transition{Phase::asking,      Step::admitted,          Phase::holding},
    Transition{Phase::asking,      Step::deferred,          Phase::refusing},
    Transition{Phase::asking,      Step::ended,             Phase::lingering},
    Transition{Phase::holding,     Step::asked_for_options, Phase::pushing},
    Transition{Phase::holding,     Step::ended,             Phase::lingering},
    Transition{Phase::pushing,     Step::pushed,            Phase::connected},
    Transition{Phase::pushing,     Step::ended,             Phase::lingering},
    Transition{Phase::connected,   Step::ended,             Phase::lingering},
    Transition{Phase::refusing,    Step::ended,             Phase::lingering},
    Transition{Phase::lingering,   Step::drained,           Phase::finished},
};
// clang-format on

constexpr std::optional<Phase> next_phase(Phase from, Step on) {
    for (const Transition& row : lifecycle)
        if (row.from == from && row.on == on) return row.to;
    return std::nullopt;
}

namespace lifecycle_detail {

constexpr bool only_way_in(Phase to, Phase from) {
    return std::ranges::all_of(lifecycle,
                               [=](Transition row) { return row.to != to || row.from == from; });
}

constexpr bool can_end(Phase phase) {
    return phase >= Phase::lingering || next_phase(phase, Step::ended) == Phase::lingering;
}

constexpr bool every_phase_can_end() {
    for (auto i = 0U; i <= static_cast<unsigned>(Phase::finished); ++i)
        if (!can_end(static_cast<Phase>(i))) return false;
    return true;
}

}  // namespace lifecycle_detail

// Nothing is pushed to a client that was not admitted, and a refused one never comes back (I1).
static_assert(lifecycle_detail::only_way_in(Phase::connected, Phase::pushing));
static_assert(lifecycle_detail::only_way_in(Phase::pushing, Phase::holding));
static_assert(lifecycle_detail::only_way_in(Phase::holding, Phase::asking));
static_assert(lifecycle_detail::only_way_in(Phase::asking, Phase::proving));
static_assert(lifecycle_detail::only_way_in(Phase::proving, Phase::identifying));
static_assert(!next_phase(Phase::refusing, Step::admitted));
static_assert(!next_phase(Phase::lingering, Step::ended), "a second goodbye prolongs nothing");
static_assert(lifecycle_detail::every_phase_can_end());
static_assert(std::ranges::none_of(lifecycle,
                                   [](Transition row) { return row.from == Phase::finished; }));

constexpr bridge::Stage stage_of(Phase phase) {
    using enum bridge::Stage;
    switch (phase) {
        case Phase::greeted:
            return reset;
        case Phase::securing:
            return tls;
        case Phase::identifying:
            return key_exchange;
        case Phase::proving:
        case Phase::asking:
        case Phase::holding:
        case Phase::refusing:
            return admission;
        case Phase::pushing:
            return pushed;
        case Phase::connected:
            return connected;
        case Phase::lingering:
        case Phase::finished:
            break;
    }
    return ended;
}

class Lifecycle {
public:
    Phase phase() const { return phase_; }
    bool in(Phase phase) const { return phase_ == phase; }
    bool over() const { return phase_ >= Phase::lingering; }

    /// False when the step has no row: it came too late.
    [[nodiscard]] bool take(Step step) {
        const auto next = next_phase(phase_, step);
        if (next) phase_ = *next;
        return next.has_value();
    }

private:
    Phase phase_ = Phase::greeted;
};

}  // namespace kanmon::session
