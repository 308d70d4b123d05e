// How much of the log's room each owner has filled, and who has to give way. Pure.
//
// Promises: as long as the whole fits, nobody gives way; then always whoever has most.
// Limits:   memory for each owner that has a row, some 200 octets.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace kanmon::adapters {

class LogRoom {
public:
    explicit LogRoom(std::uint64_t octets_max) : octets_max_(octets_max) {}

    void add(const std::string& owner, std::uint64_t octets) { set(owner, of(owner) + octets); }
    void take(const std::string& owner, std::uint64_t octets) {
        const std::uint64_t present = of(owner);
        set(owner, present < octets ? 0 : present - octets);
    }
    void clear() {
        by_owner_.clear();
        by_octets_.clear();
        total_ = 0;
    }

    bool overfull() const { return total_ > octets_max_; }
    /// Of all who have most, the last by name; only while there is anybody.
    const std::string& largest() const { return by_octets_.rbegin()->second; }
    bool empty() const { return by_owner_.empty(); }
    std::uint64_t total() const { return total_; }

private:
    std::uint64_t of(const std::string& owner) const {
        const auto found = by_owner_.find(owner);
        return found == by_owner_.end() ? 0 : found->second;
    }
    void set(const std::string& owner, std::uint64_t octets) {
        const std::uint64_t former = of(owner);
        by_octets_.erase({former, owner});
        total_ = total_ - former + octets;
        if (octets == 0) {
            by_owner_.erase(owner);
            return;
        }
        by_owner_[owner] = octets;
        by_octets_.emplace(octets, owner);
    }

    std::uint64_t octets_max_;
    std::uint64_t total_ = 0;
    std::map<std::string, std::uint64_t> by_owner_;
    std::set<std::pair<std::uint64_t, std::string>> by_octets_;
};

}  // namespace kanmon::adapters
