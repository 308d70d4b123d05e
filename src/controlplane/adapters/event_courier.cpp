#include "controlplane/adapters/event_courier.h"

#include <pthread.h>

#include <algorithm>

#include "base/clock.h"
#include "base/log.h"

namespace kanmon::adapters {

EventCourier::EventCourier(std::string place_name, usecases::EventDelivery& delivery)
    : place_name_(std::move(place_name)), delivery_(delivery), thread_([this] { work(); }) {}

EventCourier::~EventCourier() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    thread_.join();
}

void EventCourier::work() {
    ::pthread_setname_np(::pthread_self(), "courier");
    for (;;) {
        tell(delivery_.step(boot_now(), unix_now()));
        std::unique_lock lock(mutex_);
        const Duration pause = std::max(Duration(0), delivery_.next() - boot_now());
        if (changed_.wait_for(lock, pause, [this] { return stopping_; })) return;
    }
}

/// A problem once, however often it is tried again.
void EventCourier::tell(const usecases::EventDelivery::Step& step) {
    if (step.lost > 0)
        log_event(Severity::warning, "events lost before they were delivered",
                  {{"place", place_name_}, {"count", std::to_string(step.lost)}});
    if (step.delivered > 0)
        log_event(Severity::info, "events delivered",
                  {{"place", place_name_}, {"count", std::to_string(step.delivered)}});
    if (!step.problem.empty() && step.problem != told_)
        log_event(Severity::error, "events not delivered, they wait",
                  {{"place", place_name_}, {"problem", step.problem}});
    if (step.delivered > 0 || !step.problem.empty()) told_ = step.problem;
}

}  // namespace kanmon::adapters
