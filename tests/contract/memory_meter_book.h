// Meters in memory, for tests of what stands above them.
#pragma once

#include <algorithm>

#include "controlplane/usecases/meter_book.h"

namespace kanmon::usecases {

class MemoryMeterBook final : public MeterBook {
public:
    Outcome<void> add(const std::vector<MeterWrite>& writes, std::uint64_t process,
                      const std::vector<Baseline>& baselines, UnixTime now) override {
        if (away) return model::unavailable("The store is away.");
        for (const MeterWrite& write : writes)
            for (const MeterGrain grain : {MeterGrain::minute, MeterGrain::hour}) {
                MeterPoint& sum =
                    points_[{write.subject, grain, beginning_of(write.point.at, grain)}];
                sum.at = beginning_of(write.point.at, grain);
                usecases::add(sum, write.point);
            }
        std::erase_if(points_, [&](const auto& entry) {
            const auto& [subject, grain, at] = entry.first;
            return at < now - (grain == MeterGrain::minute ? std::chrono::hours(24)
                                                           : std::chrono::hours(24 * 366));
        });
        if (std::exchange(process_, process) != process) baselines_.clear();
        for (const Baseline& baseline : baselines) {
            if (baseline.gone)
                baselines_.erase(baseline.key);
            else
                baselines_[baseline.key] = baseline;
        }
        return {};
    }

    Outcome<std::vector<MeterPoint>> find(const MeterQuery& query) override {
        if (away) return model::unavailable("The store is away.");
        std::vector<MeterPoint> found;
        for (const auto& [key, point] : points_)
            if (std::get<0>(key) == query.subject && std::get<1>(key) == query.grain &&
                point.at >= beginning_of(query.from, query.grain) && point.at <= query.to)
                found.push_back(point);
        if (found.size() > query.count)
            found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(query.count));
        return found;
    }

    Outcome<std::vector<Baseline>> baselines(std::uint64_t process) override {
        std::vector<Baseline> rows;
        if (process == process_)
            for (const auto& [key, baseline] : baselines_) rows.push_back(baseline);
        return rows;
    }

    bool away = false;

private:
    std::map<std::tuple<std::string, MeterGrain, UnixTime>, MeterPoint> points_;
    std::uint64_t process_ = 0;
    std::map<std::string, Baseline> baselines_;
};

}  // namespace kanmon::usecases
