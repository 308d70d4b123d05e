// Many clients connect, and some of them load the path with synthetic traffic, without devices.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/listen_address.h"
#include "swarm/addressing.h"
#include "swarm/flow.h"
#include "swarm/modes.h"
#include "swarm/report.h"

namespace kanmon::swarm {

namespace {

constexpr std::uint16_t own_port = 7007;  // inside the tunnel, of every client
/// Flows that wait for their rate or their patience are looked at this often.
constexpr Duration look_again = 2ms;
/// Not counted: until flows have found their pace, and at the end until the last answers are in.
constexpr Duration warming_up = 1s;

std::string name_of(Direction direction) {
    return direction == Direction::up ? "up" : direction == Direction::down ? "down" : "echo";
}

class Load final : public CrowdWatcher {
public:
    Load(const LoadOptions& options, const Endpoint& target) : options_(options), target_(target) {}

    int run();

private:
    struct Active {
        std::uint32_t index = 0;  // of its member
        Endpoint own;
        Flow flow;
        FlowCounts before{};  // when counting began
    };

    void connected(Member& member, const client::Pushed& pushed) override;
    void over(Member& member, bool, const std::string&) override;
    void inner(Member& member, MutableBytes packet) override;
    void received(Member& member) override;

    FlowPlan plan() const;
    bool begin(Crowd& crowd);
    void carry(Crowd& crowd, Duration how_long);
    void fill(Member& member, Active& active, Instant now);
    void begin_counting();
    nlohmann::ordered_json counted(double seconds);

    const LoadOptions& options_;
    const Endpoint target_;
    Crowd* crowd_ = nullptr;
    std::vector<std::optional<Endpoint>> addresses_;  // by member
    std::vector<std::unique_ptr<Active>> active_;     // by member
    std::vector<std::uint32_t> indices_;              // of those that are active
    std::string obstacle_;
    Instant looked_{};
};

FlowPlan Load::plan() const {
    const double packets = options_.megabits_per_second * 1e6 / 8 /
                           static_cast<double>(options_.inner_octets) / options_.active;
    return {.direction = options_.direction,
            .inner_octets = options_.inner_octets,
            .headers = headers_octets(target_),
            .window = options_.window,
            .packets_per_second = packets};
}

void Load::connected(Member& member, const client::Pushed& pushed) {
    std::optional<Endpoint>& own = addresses_[member.index()];
    if (const auto reason = why_not_carried(pushed))
        obstacle_ = *reason;
    else if (target_.is_v4())
        own = Endpoint::v4(pushed.address, own_port);
    else if (pushed.address6)
        own = Endpoint{*pushed.address6, own_port};
}

void Load::over(Member& member, bool, const std::string&) {
    addresses_[member.index()].reset();
}

void Load::inner(Member& member, MutableBytes packet) {
    Active* active = active_[member.index()].get();
    if (active == nullptr) return;
    const auto payload = udp_payload(packet);
    const auto answer = payload ? decode_echo_message(*payload) : std::nullopt;
    if (answer) active->flow.answered(*answer, crowd_->now());
}

void Load::received(Member& member) {
    if (Active* active = active_[member.index()].get()) fill(member, *active, crowd_->now());
}

void Load::fill(Member& member, Active& active, Instant now) {
    if (!member.is_connected()) return;
    while (member.link().has_room(options_.inner_octets + 256)) {
        const auto request = active.flow.next(now);
        if (!request) break;
        write_inner(member.packet_room(request->inner_octets), active.own, target_,
                    request->message, request->inner_octets);
        member.send(request->inner_octets, now);
    }
    member.link().flush();
}

/// The first so many that have an address of the target's family.
bool Load::begin(Crowd& crowd) {
    const std::uint32_t run = static_cast<std::uint32_t>(SystemRandom().u64());
    for (std::uint32_t index = 0; index < addresses_.size(); ++index) {
        if (!addresses_[index] || indices_.size() == options_.active) continue;
        active_[index] = std::make_unique<Active>(
            Active{index, *addresses_[index], Flow(plan(), run, index, crowd.now())});
        indices_.push_back(index);
    }
    return indices_.size() == options_.active;
}

void Load::carry(Crowd& crowd, Duration how_long) {
    const Instant end = boot_now() + how_long;
    while (!stop_asked() && boot_now() < end) {
        crowd.turn(look_again);
        if (crowd.now() - looked_ < look_again) continue;
        looked_ = crowd.now();
        for (const std::uint32_t index : indices_)
            if (Member* member = crowd.member(index)) fill(*member, *active_[index], looked_);
    }
}

void Load::begin_counting() {
    for (const std::uint32_t index : indices_)
        active_[index]->before = active_[index]->flow.counts();
}

nlohmann::ordered_json Load::counted(double seconds) {
    FlowCounts sum;
    std::vector<double> shares;
    for (const std::uint32_t index : indices_) {
        const FlowCounts& now = active_[index]->flow.counts();
        const FlowCounts& before = active_[index]->before;
        sum.sent += now.sent - before.sent;
        sum.arrived += now.arrived - before.arrived;
        sum.lost += now.lost - std::min(now.lost, before.lost);
        shares.push_back(static_cast<double>(now.arrived - before.arrived));
    }
    const auto arrived = static_cast<double>(sum.arrived);
    const double octets = arrived * static_cast<double>(options_.inner_octets);
    nlohmann::ordered_json result{{"mode", "load"}};
    result["direction"] = name_of(options_.direction);
    result["active"] = indices_.size();
    result["inner_octets"] = options_.inner_octets;
    result["window_packets"] = options_.window;
    result["burst"] = options_.common.burst;
    result["seconds"] = seconds;
    result["arrived_packets"] = sum.arrived;
    result["arrived_octets"] = octets;
    result["packets_per_second"] = arrived / seconds;
    result["mbit_s"] = octets * 8 / seconds / 1e6;
    result["lost_packets"] = sum.lost;
    result["loss_percent"] =
        sum.sent == 0 ? 0 : 100 * static_cast<double>(sum.lost) / static_cast<double>(sum.sent);
    result["fairness"] = fairness(shares);
    return result;
}

int Load::run() {
    auto plan = make_plan(options_.common);
    if (!plan) return say("swarm: " + plan.error()), cannot_begin;
    if (const auto room = make_room_for(options_.common.clients); !room)
        return say("swarm: " + room.error()), cannot_begin;
    addresses_.resize(options_.common.clients);
    active_.resize(options_.common.clients);
    Crowd crowd(std::move(*plan), *this);
    crowd_ = &crowd;
    while (!stop_asked() && !crowd.everybody_settled()) crowd.turn();
    say(text_of(crowd.tally()));
    if (!begin(crowd)) {
        say(
            fmt::format("swarm: {} clients are to be active, and {} have an address of the family "
                        "of --target {}",
                        options_.active, indices_.size(), to_string(target_)));
        say_goodbye(crowd);
        return something_failed;
    }
    carry(crowd, warming_up);
    begin_counting();
    say("counting");
    const Instant began = boot_now();
    const double cpu_before = own_cpu_seconds();
    carry(crowd,
          std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options_.seconds)));
    const double seconds = std::chrono::duration<double>(boot_now() - began).count();
    auto result = counted(seconds);
    result["own_cpu_seconds"] = own_cpu_seconds() - cpu_before;
    say("counted");
    say_goodbye(crowd);
    add_tally(result, crowd.tally());
    say(
        fmt::format("{} of {} clients active, {} packets of {} octets: {:.0f} packets/s, {:.1f} "
                    "Mbit/s, {:.2f} % lost, fairness {:.3f}",
                    indices_.size(), crowd.tally().connected(), name_of(options_.direction),
                    options_.inner_octets, result["packets_per_second"].get<double>(),
                    result["mbit_s"].get<double>(), result["loss_percent"].get<double>(),
                    result["fairness"].get<double>()));
    print_result(result);
    const bool all = crowd.tally().connected() == options_.common.clients &&
                     crowd.tally().lost.total() == 0 && result["arrived_packets"] > 0;
    return all ? done : something_failed;
}

}  // namespace

int run_load(const LoadOptions& options) {
    const auto target = parse_listen_address(options.target);
    if (!target)
        return say("swarm: --target " + options.target + " is no ADDRESS:PORT"), cannot_begin;
    const std::size_t least = headers_octets(*target) + message_octets;
    if (options.inner_octets < least)
        return say(fmt::format("swarm: --octets {}: a packet of this family has at least {}",
                               options.inner_octets, least)),
               cannot_begin;
    if (options.active > options.common.clients)
        return say(fmt::format("swarm: --active {} is more than --clients {}", options.active,
                               options.common.clients)),
               cannot_begin;
    return Load(options, *target).run();
}

}  // namespace kanmon::swarm
