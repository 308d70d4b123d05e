// Many clients connect, stay for a while, and leave.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "swarm/modes.h"
#include "swarm/report.h"

namespace kanmon::swarm {

namespace {

class Onlooker final : public CrowdWatcher {
public:
    void connected(Member&, const client::Pushed&) override {}
    void over(Member&, bool, const std::string&) override {}
};

void hold(Crowd& crowd, double seconds) {
    const Instant end =
        boot_now() + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    while (!stop_asked() && crowd.present() > 0 && boot_now() < end) crowd.turn();
}

}  // namespace

int run_connect(const ConnectOptions& options) {
    auto plan = make_plan(options.common);
    if (!plan) return say("swarm: " + plan.error()), cannot_begin;
    if (const auto room = make_room_for(options.common.clients); !room)
        return say("swarm: " + room.error()), cannot_begin;
    const double resident_before = own_resident_kilobytes();
    Onlooker onlooker;
    Crowd crowd(std::move(*plan), onlooker);
    while (!stop_asked() && !crowd.everybody_settled()) crowd.turn();
    Tally& tally = crowd.tally();
    const double connects = std::max(1.0, static_cast<double>(tally.connected()));
    nlohmann::ordered_json result{{"mode", "connect"}};
    const double cpu_ms = own_cpu_seconds() * 1000 / connects;
    const double kilobytes = (own_resident_kilobytes() - resident_before) / connects;
    say(text_of(tally) +
        fmt::format("  swarm itself: {:.2f} ms of CPU a connect, {:.1f} kB a client\n", cpu_ms,
                    kilobytes));
    hold(crowd, options.hold_seconds);
    const std::uint32_t held = crowd.present();
    say_goodbye(crowd);
    say(fmt::format("{} were connected to the end, {} lost before, {} renegotiations\n", held,
                    tally.lost.total(), tally.renegotiated));
    add_tally(result, tally);
    result["held_seconds"] = options.hold_seconds;
    result["own_cpu_ms_per_connect"] = cpu_ms;
    result["own_kb_per_client"] = kilobytes;
    print_result(result);
    const bool all = tally.connected() == options.common.clients && tally.lost.total() == 0;
    return all ? done : something_failed;
}

}  // namespace kanmon::swarm
