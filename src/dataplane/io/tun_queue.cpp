#include "dataplane/io/tun_queue.h"

#include <fcntl.h>

#include <cerrno>

namespace kanmon::io {

TunQueue::TunQueue(UniqueFd fd) : fd_(std::move(fd)) {
    ::fcntl(fd_.get(), F_SETFD, FD_CLOEXEC);
    ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
}

TunRead TunQueue::read(MutableBytes room, MutableBytes& packet) {
    for (;;) {
        const ssize_t octets = ::read(fd_.get(), room.data(), room.size());
        if (octets > 0) {
            packet = room.first(static_cast<std::size_t>(octets));
            return TunRead::packet;
        }
        if (octets < 0 && errno == EINTR) continue;
        if (octets < 0 && (errno == EAGAIN || errno == EIO)) return TunRead::empty;
        return TunRead::lost;
    }
}

TunWrite TunQueue::write(Bytes packet) {
    for (;;) {
        if (::write(fd_.get(), packet.data(), packet.size()) >= 0) return TunWrite::written;
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == ENOBUFS ? TunWrite::full : TunWrite::failed;
    }
}

}  // namespace kanmon::io
