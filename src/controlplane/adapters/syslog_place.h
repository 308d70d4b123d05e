// Events into the host's syslog, by its socket. One line an event, in the form that syslog(3)
// writes and that journald and rsyslog both take apart: <29>Nov 29 16:20:00 kanmon[812]: Kind
// name="value" …
//
// Why not syslog(3) itself: it says nothing of what could not be delivered.
#pragma once

#include <string>

#include "base/unique_fd.h"
#include "controlplane/usecases/event_delivery.h"

namespace kanmon::adapters {

class SyslogPlace final : public usecases::EventPlace {
public:
    /// `socket_path` is usually /dev/log.
    explicit SyslogPlace(std::string socket_path) : socket_path_(std::move(socket_path)) {}

    /// Events before one that the socket does not take may be told again.
    Expected<void, std::string> deliver(const usecases::EventBatch& batch, UnixTime now) override;

private:
    Expected<void, std::string> send(const std::string& line);

    std::string socket_path_;
    UniqueFd socket_;
};

/// Facility daemon; warning when something was lost or has ended, else notice.
std::string syslog_line(const model::Event& event);

}  // namespace kanmon::adapters
