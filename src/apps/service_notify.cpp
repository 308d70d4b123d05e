#include "apps/service_notify.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace kanmon::apps {

namespace {

constexpr std::size_t notice_octets_max = 4096;

struct Address {
    sockaddr_un unix_address{};
    socklen_t size = 0;
    const sockaddr* generic() const {
        return static_cast<const sockaddr*>(static_cast<const void*>(&unix_address));
    }
};

std::optional<Address> address_of(std::string_view path) {
    Address address;
    if (path.size() < 2 || path.size() >= sizeof address.unix_address.sun_path ||
        (path.front() != '/' && path.front() != '@'))
        return std::nullopt;
    address.unix_address.sun_family = AF_UNIX;
    path.copy(address.unix_address.sun_path, path.size());
    if (path.front() == '@') address.unix_address.sun_path[0] = '\0';
    address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    return address;
}

std::string taken_from_environment(const char* name) {
    const char* value = std::getenv(name);
    std::string text = value == nullptr ? "" : value;
    ::unsetenv(name);
    return text;
}

std::int64_t number_in(const std::string& text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// Of the process that sent it. Without SO_PASSCRED there is none.
pid_t sender_of(msghdr& message) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_CREDENTIALS) continue;
        ucred sender{};
        std::memcpy(&sender, CMSG_DATA(part), sizeof sender);
        return sender.pid;
    }
    return 0;
}

}  // namespace

ServiceNotify ServiceNotify::from_environment() {
    const std::string path = taken_from_environment("NOTIFY_SOCKET");
    const std::int64_t patience = number_in(taken_from_environment("WATCHDOG_USEC"));
    const std::string whose = taken_from_environment("WATCHDOG_PID");
    ServiceNotify notify;
    const auto address = address_of(path);
    if (!address) return notify;
    notify.socket_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(notify.socket_.get(), address->generic(), address->size) != 0) return {};
    if (whose.empty() || number_in(whose) == ::getpid())
        notify.watchdog_every_ = std::chrono::microseconds(patience / 2);
    return notify;
}

void ServiceNotify::say(std::string_view words) const {
    if (socket_) ::send(socket_.get(), words.data(), words.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

Expected<ServiceNotices, std::string> ServiceNotices::listen(const std::string& path, uid_t user) {
    const auto failed = [&](const char* what) {
        return unexpected(std::string(what) + " " + path + ": " + std::strerror(errno));
    };
    const auto address = address_of(path);
    if (!address)
        return unexpected(path +
                          " is too long a name for a socket; choose a shorter run directory");
    ServiceNotices notices;
    notices.socket_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    ::unlink(path.c_str());
    if (!notices.socket_ ||
        ::setsockopt(notices.socket_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
        ::bind(notices.socket_.get(), address->generic(), address->size) != 0)
        return failed("cannot listen on");
    if (::chmod(path.c_str(), 0600) != 0 ||
        ::chown(path.c_str(), user, static_cast<gid_t>(-1)) != 0)
        return failed("cannot give away");
    return notices;
}

std::optional<ServiceNotices::Notice> ServiceNotices::take() const {
    std::array<char, notice_octets_max> words{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    iovec vector{words.data(), words.size()};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) return std::nullopt;
    Notice notice;
    notice.from = sender_of(message);
    std::string_view rest(words.data(), static_cast<std::size_t>(got));
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(rest.size(), end + 1));
        if (line == "READY=1") notice.ready = true;
        if (line.starts_with("STATUS=")) notice.status = line.substr(7);
    }
    return notice;
}

}  // namespace kanmon::apps
