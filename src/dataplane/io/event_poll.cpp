#include "dataplane/io/event_poll.h"

#include <algorithm>

#include "base/log.h"

namespace kanmon::io {

namespace {

epoll_event event_of(const EventTag& tag, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = word_of(tag);
    return event;
}

}  // namespace

void EventPoll::watch(int fd, const EventTag& tag, std::uint32_t events) {
    epoll_event event = event_of(tag, events);
    if (::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        log_event(Severity::error, "cannot watch a descriptor");
}

void EventPoll::watch_again(int fd, const EventTag& tag, std::uint32_t events) {
    epoll_event event = event_of(tag, events);
    ::epoll_ctl(fd_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventPoll::unwatch(int fd) {
    ::epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

std::span<const epoll_event> EventPoll::wait(int milliseconds) {
    const int count =
        ::epoll_wait(fd_.get(), events_.data(), static_cast<int>(events_max), milliseconds);
    return std::span(events_).first(static_cast<std::size_t>(std::max(count, 0)));
}

}  // namespace kanmon::io
