#include "swarm/crowd.h"

#include <algorithm>

#include "base/clock.h"

namespace kanmon::swarm {

namespace {

constexpr Instant never = Instant::max();
/// Starts in one turn, so that those who are on their way are served between them.
constexpr unsigned starts_at_once = 32;

}  // namespace

Crowd::Crowd(CrowdPlan plan, CrowdWatcher& watcher)
    : plan_(std::move(plan)),
      watcher_(watcher),
      rooms_(plan_.burst),
      members_(plan_.clients),
      watched_(plan_.clients),
      armed_(plan_.clients, never),
      began_(boot_now()),
      now_(began_) {
    tally_.first_start = began_;
}

Crowd::~Crowd() = default;

Instant Crowd::due(std::uint32_t index) const {
    if (plan_.per_second <= 0) return began_;
    return began_ + std::chrono::duration_cast<Duration>(
                        std::chrono::duration<double>(index / plan_.per_second));
}

void Crowd::start_who_is_due() {
    for (unsigned left = starts_at_once; left > 0 && !everybody_started(); --left) {
        if (due(started_) > now_) return;
        start();
    }
}

void Crowd::start() {
    const std::uint32_t index = started_++;
    ++tally_.started;
    const std::size_t identity = index % plan_.identities.size();
    LinkAddresses addresses = plan_.places[identity];
    if (!plan_.sources.empty()) addresses.source = plan_.sources[index % plan_.sources.size()];
    auto link = open_link(addresses, rooms_);
    if (!link) return tally_.failed.count(link.error());
    ++present_;
    CrowdWatcher& watcher = *this;  // known to nobody else
    members_[index] = std::make_unique<Member>(index, plan_.identities[identity], random_,
                                               std::move(*link), watcher, now_);
    Member& member = *members_[index];
    watched_[index] = member.link().events();
    poll_.watch(member.link().fd(), {io::Source::stream, index, 0}, watched_[index]);
    touch(member);
}

/// Its deadlines and what its socket is watched for may have changed.
void Crowd::touch(Member& member) {
    if (member.is_over()) return;
    const std::uint32_t index = member.index();
    if (const std::uint32_t events = member.link().events(); events != watched_[index]) {
        watched_[index] = events;
        poll_.watch_again(member.link().fd(), {io::Source::stream, index, 0}, events);
    }
    // A deadline that moved away is found out when the old one comes.
    const auto deadline = member.next_deadline();
    if (!deadline || *deadline >= armed_[index]) return;
    armed_[index] = *deadline;
    alarms_.push({*deadline, index});
}

void Crowd::ring() {
    while (!alarms_.empty() && alarms_.top().at <= now_) {
        const Alarm alarm = alarms_.top();
        alarms_.pop();
        Member* member = members_[alarm.index].get();
        if (member == nullptr || armed_[alarm.index] != alarm.at) continue;
        armed_[alarm.index] = never;
        member->reach(now_);
        touch(*member);
    }
}

int Crowd::milliseconds_to_sleep(Duration wait) const {
    Instant until = now_ + std::min(wait, turn_max);
    if (!everybody_started()) until = std::min(until, due(started_));
    if (!alarms_.empty()) until = std::min(until, alarms_.top().at);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now_);
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

void Crowd::turn(Duration wait) {
    own_ready_ = false;
    for (const epoll_event& event : poll_.wait(milliseconds_to_sleep(wait))) {
        const io::EventTag tag = io::tag_of(event.data.u64);
        own_ready_ = own_ready_ || tag.source == io::Source::tun;
        if (tag.source != io::Source::stream) continue;
        Member* member = members_[tag.server].get();
        if (member == nullptr) continue;
        now_ = boot_now();  // a handshake takes longer than packets do
        member->ready(event.events, now_);
        touch(*member);
    }
    now_ = boot_now();
    start_who_is_due();
    ring();
    rooms_.sending.flush();
    bury();
}

void Crowd::watch_own(int fd, bool watched) {
    if (watched)
        poll_.watch(fd, {io::Source::tun, 0, 0});
    else
        poll_.unwatch(fd);
}

bool Crowd::let_leave(std::uint32_t count) {
    leaving_ = true;
    now_ = boot_now();
    stop_starting();
    for (; told_ < started_ && count > 0; ++told_) {
        Member* member = members_[told_].get();
        if (member == nullptr) continue;
        --count;
        member->leave(now_);
        touch(*member);
    }
    rooms_.sending.flush();
    bury();
    return told_ < started_;
}

void Crowd::bury() {
    for (const std::uint32_t index : dead_) {
        poll_.unwatch(members_[index]->link().fd());
        members_[index].reset();
    }
    dead_.clear();
}

void Crowd::connected(Member& member, const client::Pushed& pushed) {
    const auto latency = boot_now() - member.started();
    tally_.latencies_ms.push_back(std::chrono::duration<double, std::milli>(latency).count());
    tally_.last_connect = boot_now();
    watcher_.connected(member, pushed);
}

void Crowd::renegotiated(Member& member) {
    ++tally_.renegotiated;
    watcher_.renegotiated(member);
}

void Crowd::over(Member& member, bool left, const std::string& reason) {
    const bool was_connected = member.engine().pushed() != nullptr;
    if (left && leaving_)
        ++tally_.left;
    else
        (was_connected ? tally_.lost : tally_.failed).count(reason);
    --present_;
    dead_.push_back(member.index());
    watcher_.over(member, left, reason);
}

}  // namespace kanmon::swarm
