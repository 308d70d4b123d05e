// A thread that keeps one place supplied with events.
//
// Owner:  whoever made it; its end waits for a delivery that is under way, which Webhook::stop cuts
//         short.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "controlplane/usecases/event_delivery.h"

namespace kanmon::adapters {

class EventCourier {
public:
    /// `place_name` is for the log.
    EventCourier(std::string place_name, usecases::EventDelivery& delivery);
    ~EventCourier();
    EventCourier(const EventCourier&) = delete;
    EventCourier& operator=(const EventCourier&) = delete;

private:
    void work();
    void tell(const usecases::EventDelivery::Step& step);

    std::string place_name_;
    usecases::EventDelivery& delivery_;
    std::string told_;  // the problem that was logged last
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace kanmon::adapters
