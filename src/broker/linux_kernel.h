// The kernel port on this machine: TUN, rtnetlink, /proc/sys and nft, each inside the namespace.
//
// Owner: the broker's only thread; every call visits the namespace and is home again at its end.
#pragma once

#include "broker/kernel.h"
#include "broker/tun_device.h"

namespace kanmon::broker {

class LinuxKernel final : public Kernel {
public:
    Done remove_device(const std::string& vpc_namespace, const std::string& device) override;
    Done make_device(const bridge::WantedServer& server, bool ours) override;
    Expected<bool, std::string> has_device(const std::string& vpc_namespace,
                                           const std::string& device) override;
    Done apply_rules(const std::string& vpc_namespace, const std::string& rules) override;
    Expected<bool, std::string> forwarding(const std::string& vpc_namespace,
                                           Family family) override;
    Done set_forwarding(const std::string& vpc_namespace, Family family, bool on) override;
    bool stands(const std::string& vpc_namespace,
                const std::vector<bridge::WantedServer>& servers) override;
    bool namespace_exists(const std::string& vpc_namespace) override;

    /// The queues of a device that make_device made.
    Expected<TunQueues, std::string> open_tun(const bridge::WantedServer& server);
};

}  // namespace kanmon::broker
