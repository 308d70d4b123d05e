#include "controlplane/adapters/syslog_place.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/date.h"
#include "base/escape.h"

namespace kanmon::adapters {

namespace {

constexpr int daemon_notice = 3 * 8 + 5;
constexpr int daemon_warning = 3 * 8 + 4;
constexpr std::size_t message_octets_max = 1024;

std::string line_of(int priority, UnixTime at, const std::string& text) {
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(at));
    return fmt::format("<{}>{} {:2} {} kanmon[{}]: {}", priority,
                       months[static_cast<unsigned>(day.month()) - 1],
                       static_cast<unsigned>(day.day()), clock_text(at), ::getpid(), text);
}

std::string field(std::string_view name, std::string_view value) {
    std::string out = fmt::format(" {}=\"", name);
    for (const char c : escaped(value, message_octets_max)) {
        if (c == '"') out += '\\';
        out += c;
    }
    return out + "\"";
}

}  // namespace

std::string syslog_line(const model::Event& event) {
    const int priority = event.kind.ends_with("Expired") ? daemon_warning : daemon_notice;
    return line_of(priority, event.at,
                   escaped(event.kind) + field("event", std::to_string(event.number)) +
                       field("account", event.account.text) + field("resource", event.resource) +
                       field("server", event.server) + field("message", event.message));
}

Expected<void, std::string> SyslogPlace::send(const std::string& line) {
    for (const bool again : {true, false}) {
        if (!socket_) {
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            socket_path_.copy(address.sun_path, sizeof address.sun_path - 1);
            socket_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            const auto* generic = static_cast<const sockaddr*>(static_cast<void*>(&address));
            if (::connect(socket_.get(), generic, sizeof address) != 0) break;
        }
        if (::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL) >= 0) return {};
        // A collector that was started anew has another socket under the same name.
        const bool gone = errno == ECONNREFUSED || errno == ENOTCONN || errno == ECONNRESET;
        if (!again || !gone) break;
        socket_.reset();
    }
    const std::string problem = std::strerror(errno);
    socket_.reset();
    return unexpected(fmt::format("syslog at {} takes nothing: {}", socket_path_, problem));
}

Expected<void, std::string> SyslogPlace::deliver(const usecases::EventBatch& batch, UnixTime now) {
    if (batch.lost > 0)
        if (auto sent = send(
                line_of(daemon_warning, now, fmt::format("EventsLost count=\"{}\"", batch.lost)));
            !sent)
            return sent;
    for (const model::Event& event : batch.events)
        if (auto sent = send(syslog_line(event)); !sent) return sent;
    return {};
}

}  // namespace kanmon::adapters
