// How a service tells whoever started it how it stands: sd_notify(3)'s datagrams, both ends.
// Floor 6.
//
// kanmond hears its programs this way and speaks to systemd this way. What is said is "READY=1",
// "WATCHDOG=1", "STOPPING=1", "STATUS=words", one a line.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/unique_fd.h"

namespace kanmon::apps {

class ServiceNotify {
public:
    /// Says nothing to nobody.
    ServiceNotify() = default;
    /// To $NOTIFY_SOCKET, an absolute path or @ and an abstract name, when there is one. It and the
    /// watchdog's variables are taken out of the environment, so that children do not speak for
    /// their parent.
    static ServiceNotify from_environment();

    /// Never waits; what cannot be delivered is lost.
    void say(std::string_view words) const;
    /// How often WATCHDOG=1 is wanted: half of what the other waits. 0: never.
    Duration watchdog_every() const { return watchdog_every_; }

private:
    UniqueFd socket_;
    Duration watchdog_every_{0};
};

class ServiceNotices {
public:
    /// A socket file that this user alone may write to: whoever fills it silences the others.
    static Expected<ServiceNotices, std::string> listen(const std::string& path, uid_t user);

    struct Notice {
        pid_t from = 0;  // as the kernel says
        bool ready = false;
        std::string status;
    };
    /// Nothing when nothing waits. Longer than 4 KiB is cut.
    std::optional<Notice> take() const;
    int fd() const { return socket_.get(); }

private:
    UniqueFd socket_;
};

}  // namespace kanmon::apps
