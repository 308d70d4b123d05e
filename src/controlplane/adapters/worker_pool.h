// A few threads and a bounded queue for what takes long (passwords).
//
// Owner:  whoever made it calls `stop` before anything that jobs use goes away; waiting jobs are
//         dropped then, a running one is waited for.
// Limits: `jobs_max` waiting jobs; the next one is refused.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "controlplane/usecases/ports.h"

namespace kanmon::adapters {

class WorkerPool final : public usecases::Workers {
public:
    static constexpr std::size_t jobs_max = 256;

    explicit WorkerPool(unsigned threads);
    ~WorkerPool() override { stop(); }

    bool run(std::function<void()> job) override;
    void stop();

private:
    void work();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> jobs_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace kanmon::adapters
