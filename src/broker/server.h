// The broker's only loop: customers on a socket file, signals, and a timer that tries again.
//
// Promises: a customer is known by its uid (SO_PEERCRED) before its first octet is read; a foreign
//           one is closed at once. Every request gets exactly one answer of its id. A message that
//           breaks its format closes the connection.
// Limits:   one customer a user, the latest: a program that died may still seem connected, and none
//           may fill the places of the others. Who does not read its answers is dropped.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "bridge/packet_socket.h"
#include "broker/linux_kernel.h"
#include "broker/reconciler.h"

namespace kanmon::broker {

struct ServerOptions {
    uid_t control_uid = 64242;
    uid_t data_uid = 64241;
    bool allow_root = false;  // uid 0 may do both: for tests
};

class Server {
public:
    Server(bridge::PacketListener listener, LinuxKernel& kernel, Reconciler& reconciler,
           ServerOptions options);

    /// Until SIGTERM or SIGINT, which must be blocked in the process. Returns the exit code.
    int run();

private:
    struct Customer {
        bridge::PacketSocket socket;
        uid_t user = 0;
        bool may_want = false;
        bool may_open = false;
    };
    struct Answer {
        bridge::BrokerBody body;
        std::vector<UniqueFd> descriptors;
    };

    void accept();
    /// False when the customer is to be dropped.
    bool serve(Customer& customer);
    Answer answer(const Customer& customer, const bridge::BrokerBody& request,
                  const std::vector<UniqueFd>& descriptors);
    Answer want(const bridge::WantReady& request, const std::vector<UniqueFd>& descriptors);
    Answer open_tun(const bridge::OpenTun& request);
    Answer open_listener(const bridge::OpenListener& request);
    void look_after();
    void note(std::string problem);

    bridge::PacketListener listener_;
    LinuxKernel& kernel_;
    Reconciler& reconciler_;
    ServerOptions options_;
    std::vector<Customer> customers_;
    bool stood_ = true;  // when it was looked after last
    std::string problem_;  // of the last reconciliation; while there is one, it is tried again
};

}  // namespace kanmon::broker
