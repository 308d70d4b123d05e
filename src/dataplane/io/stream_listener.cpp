#include "dataplane/io/stream_listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/log.h"
#include "dataplane/io/socket_address.h"

namespace kanmon::io {

namespace {

sockaddr* generic(sockaddr_storage& address) {
    return static_cast<sockaddr*>(static_cast<void*>(&address));
}

}  // namespace

StreamListener::StreamListener(UniqueFd fd) : fd_(std::move(fd)) {
    sockaddr_storage address{};
    socklen_t octets = sizeof address;
    ::getsockname(fd_.get(), generic(address), &octets);
    local_ = read_address(address);
    ::fcntl(fd_.get(), F_SETFD, FD_CLOEXEC);
    ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
    const auto set = [&](int name, int value) {
        return ::setsockopt(fd_.get(), IPPROTO_TCP, name, &value, sizeof value) == 0;
    };
    const bool all = set(TCP_NODELAY, 1) && set(TCP_NOTSENT_LOWAT, unsent_octets_max) &&
                     set(TCP_USER_TIMEOUT, static_cast<int>(unacknowledged_max.count()));
    if (!all)
        log_event(Severity::warning, "the kernel lacks options of TCP that this gateway wants",
                  {{"listener", to_string(local_)}});
}

AcceptOutcome StreamListener::accept(AcceptedStream& stream) {
    for (;;) {
        sockaddr_storage address{};
        socklen_t octets = sizeof address;
        UniqueFd fd(::accept4(fd_.get(), generic(address), &octets, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (fd) {
            stream = {std::move(fd), read_address(address)};
            return AcceptOutcome::accepted;
        }
        switch (errno) {
            case EAGAIN:
                return AcceptOutcome::empty;
            case EMFILE:
            case ENFILE:
            case ENOBUFS:
            case ENOMEM:
                return AcceptOutcome::exhausted;
            case EBADF:
            case EINVAL:
            case ENOTSOCK:
            case EOPNOTSUPP:
                return AcceptOutcome::empty;
            default:  // it broke off while it waited, or its network reported an error: the next
                break;
        }
    }
}

}  // namespace kanmon::io
