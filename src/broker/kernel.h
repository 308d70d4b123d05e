// What the broker does to the kernel, as a port: the real one in linux_kernel.h, a double in tests.
//
// Every call may be repeated; making what is there and removing what is gone succeed. An error is a
// sentence for people that names the thing and the reason.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bridge/broker_messages.h"

namespace kanmon::broker {

using Done = Expected<void, std::string>;

enum class Family : std::uint8_t { v4, v6 };

class Kernel {
public:
    virtual ~Kernel() = default;

    /// Removes the TUN device; a device of that name that is no TUN device is left alone.
    virtual Done remove_device(const std::string& vpc_namespace, const std::string& device) = 0;
    /// The device with its addresses and routes. `ours`: the journal knew it before this call; a
    /// device of that name that is there without being ours is an error.
    virtual Done make_device(const bridge::WantedServer& server, bool ours) = 0;
    /// Is there a device of this name already?
    virtual Expected<bool, std::string> has_device(const std::string& vpc_namespace,
                                                   const std::string& device) = 0;
    virtual Done apply_rules(const std::string& vpc_namespace, const std::string& rules) = 0;
    /// Whether the namespace forwards packets at all, in this family.
    virtual Expected<bool, std::string> forwarding(const std::string& vpc_namespace,
                                                   Family family) = 0;
    virtual Done set_forwarding(const std::string& vpc_namespace, Family family, bool on) = 0;
    /// Whether the table of rules is there, each device is up with its route, and packets are
    /// forwarded. Costs microseconds a server: for every few seconds.
    virtual bool stands(const std::string& vpc_namespace,
                        const std::vector<bridge::WantedServer>& servers) = 0;
    /// A namespace that is gone took everything in it along.
    virtual bool namespace_exists(const std::string& vpc_namespace) = 0;
};

}  // namespace kanmon::broker
