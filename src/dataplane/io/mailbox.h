// Messages to one thread from any thread: a bounded queue with a wake-up.
//
// Promises: `post` never blocks; the reader never waits for a slow poster.
// Owner:    any thread posts; only the owner drains.
// Limits:   `capacity` messages; a post beyond them is refused and the poster decides what to do.
#pragma once

#include "dataplane/io/bounded_queue.h"
#include "dataplane/io/wakeup.h"

namespace kanmon::io {

template <class Message>
class Mailbox {
public:
    Mailbox(std::size_t capacity, Wakeup& wakeup) : queue_(capacity), wakeup_(wakeup) {}

    /// False, and the message untouched, when the mailbox is full.
    [[nodiscard]] bool post(Message&& message) {
        if (!queue_.push(std::move(message))) return false;
        wakeup_.signal();
        return true;
    }

    /// Hands at most one mailbox full of messages to `take(Message)`; true when some may be left.
    template <class Take>
    bool drain(Take&& take) {
        Message message{};
        for (std::size_t left = queue_.capacity(); left > 0; --left) {
            if (!queue_.pop(message)) return false;
            take(std::move(message));
        }
        return true;
    }

private:
    BoundedQueue<Message> queue_;
    Wakeup& wakeup_;
};

}  // namespace kanmon::io
