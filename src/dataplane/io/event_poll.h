// The epoll of one shard's thread, and what its events are about.
//
//      63      56 55           24 23        0
//     +----------+---------------+-----------+
//     | source   | server        | slot      |   of a connection: its stream in place of the server
//     +----------+---------------+-----------+
//
// Owner: one shard's thread. Level-triggered: what was not taken in one turn is reported again.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "base/unique_fd.h"

namespace kanmon::io {

enum class Source : std::uint8_t { inbox, tun, udp, tcp_listener, stream };

struct EventTag {
    Source source = Source::inbox;
    std::uint32_t server = 0;  // or the stream
    std::uint32_t slot = 0;    // 24 bits
};

constexpr std::uint64_t word_of(const EventTag& tag) {
    return std::uint64_t{static_cast<std::uint8_t>(tag.source)} << 56 |
           std::uint64_t{tag.server} << 24 | tag.slot;
}
constexpr EventTag tag_of(std::uint64_t word) {
    return {static_cast<Source>(word >> 56), static_cast<std::uint32_t>(word >> 24),
            static_cast<std::uint32_t>(word & 0xffffff)};
}

class EventPoll {
public:
    static constexpr std::size_t events_max = 64;

    EventPoll() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {}

    void watch(int fd, const EventTag& tag, std::uint32_t events = EPOLLIN);
    void watch_again(int fd, const EventTag& tag, std::uint32_t events = EPOLLIN);
    /// Explicit, since closing is not enough while another process holds the same open file.
    void unwatch(int fd);

    /// What happened; empty when `milliseconds` passed. Borrows until the next call.
    std::span<const epoll_event> wait(int milliseconds);

private:
    UniqueFd fd_;
    std::array<epoll_event, events_max> events_{};
};

}  // namespace kanmon::io
