// The loop of the control process: the bridge to data, the wire to the broker, and what changed.
//
// Promises: a change reaches the broker first and then data (whose devices and ports come from the
//           broker), revocations within two seconds whatever the broker does. A lease question is
//           answered after the lease is stored.
// Owner:    the thread that calls `run`. Other threads only post through `ControlOrders`.
// Limits:   one data process; `outbox_messages_max` unsent messages, then it is cut off and has to
//           come again; `attempts_waiting_max` records a turn, further ones are counted as lost.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "bridge/broker_messages.h"
#include "bridge/packet_socket.h"
#include "controlplane/usecases/control_plane.h"
#include "controlplane/usecases/enforcement.h"

namespace kanmon::apps {

/// What the use cases want done: posted by any thread, taken by the loop.
class ControlOrders final : public usecases::Gatekeeper {
public:
    ControlOrders();

    void changed() override;
    void disconnect(const bridge::Disconnect& order) override;
    void release(const bridge::ReleaseSlot& order) override;
    void logins_ready() override;
    /// The answer comes by `ControlLoopOptions::flows_told`, if it comes.
    void ask(std::uint64_t id, const bridge::FlowQuestion& question);

    struct Taken {
        bool changed = false;
        std::vector<bridge::Message> messages;
    };
    Taken take();
    int fd() const { return wake_.get(); }  // readable when there is something

private:
    void post(bool changed, std::optional<bridge::Message> message);

    UniqueFd wake_;
    std::mutex mutex_;
    Taken waiting_;
};

struct ControlLoopOptions {
    std::string broker_path;  // empty: no broker, everything wanted counts as reached (tests)
    uid_t data_uid = 0;
    bool allow_root = false;  // uid 0 may be the data process: for tests
    /// Who serves the strangers of shared ports; nobody: they are closed.
    std::function<void(UniqueFd)> strangers;
    /// What else is to be done now and then: every ten seconds at least, every turn at most.
    std::function<void()> now_and_then = {};
    std::function<void()> hang_up = {};  // SIGHUP came
    /// The data process does what the last snapshot says.
    std::function<void()> configured = {};
    /// An answer to `ControlOrders::ask`.
    std::function<void(std::uint64_t, bridge::FlowAnswer)> flows_told = {};
};

/// Until `at`, at most `longest`. In seconds first: a revocation list may be good until the year
/// 9999, which is more nanoseconds than there are.
inline Duration time_left(UnixTime at, UnixTime now, std::chrono::seconds longest) {
    return std::clamp(at - now, std::chrono::seconds(0), longest);
}

class ControlLoop {
public:
    ControlLoop(usecases::ControlPlane& plane, usecases::Enforcement& enforcement,
                ControlOrders& orders, bridge::PacketListener listener, ControlLoopOptions options);

    /// Until `signals` (a signalfd) has another one than SIGHUP. Returns the exit code.
    int run(int signals);

private:
    struct Unsent {
        Buffer octets;
        UniqueFd descriptor;  // or none
    };

    /// Whom the last wait was about.
    struct Ready {
        bool orders = true;
        bool bridge = true;
        bool data = true;
        bool broker = true;
    };

    void turn();
    bool wait(int signals);
    void accept_data();
    void hear_data();
    bool handle(const bridge::Message& message, std::vector<UniqueFd> descriptors);
    bool watch(const bridge::Message& message);
    void settle_leases();
    void answer_logins();
    void send_data(const bridge::Message& message, UniqueFd descriptor = {});
    void flush_data();
    void drop_data(const char* why);

    void compose();
    void hold_back(usecases::Enforced enforced);
    void want();
    void hear_broker();
    void connect_broker();
    void publish();
    void take_order(bridge::Message order);
    void publish_if_due();
    void gather_attempt(const bridge::AttemptRecord& attempt);
    void store_attempts();
    void store_meters(bool at_once);
    void follow_the_clock();
    void tell(const char* event, const std::string& problem);

    usecases::ControlPlane& plane_;
    usecases::Enforcement& enforcement_;
    ControlOrders& orders_;
    bridge::PacketListener listener_;
    ControlLoopOptions options_;

    Ready ready_;
    bridge::PacketSocket data_;
    std::deque<Unsent> outbox_;
    bool data_greeted_ = false;
    std::vector<bridge::Message> orders_waiting_;  // until data has the snapshot before them
    std::vector<usecases::LeaseNews> lease_news_;  // of this turn
    std::vector<std::uint64_t> lease_questions_;   // the ids of those that are questions
    std::vector<bridge::AttemptRecord> attempts_;
    Instant attempts_at_{};  // when they are stored, together
    std::uint64_t attempts_lost_ = 0;
    bool meters_wait_ = false;

    bridge::PacketSocket broker_;
    Instant broker_retry_at_{};
    std::uint64_t asked_ = 0;              // id of the last Want, its number
    std::uint64_t asked_change_ = 0;       // what is reached when it is answered
    bool answered_ = true;                 // the last Want has its answer
    std::optional<bridge::Want> reached_;  // the last Want without a problem
    Instant want_again_at_{};              // after a problem
    std::string problem_;                  // of the last answer, until it is asked again
    std::string told_;                     // the last one logged

    std::optional<usecases::Enforced> due_;  // composed and not yet sent to data
    UniqueFd due_memory_;                    // its snapshot, sealed
    Instant publish_by_{};
    bool compose_due_ = true;
    Instant compose_at_{};
    bool undeliverable_ = false;        // the last one composed; orders do not wait for it
    std::optional<UnixTime> composed_;  // the wall clock's time of the last one
    std::optional<UnixTime> again_at_;  // another is due by time alone
};

}  // namespace kanmon::apps
