// What a bad path does to packets, decided by a seed. Pure: time is an argument, packets are
// values.
#pragma once

#include <optional>
#include <queue>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace kanmon::chaos {

/// Chances are 0…1 for each packet. All apply independently.
struct Impairment {
    double loss = 0;
    double duplicate = 0;
    double corrupt = 0;  // one octet is changed
    double reorder = 0;  // the packet is held back by `reorder_by`
    Duration delay{};
    Duration jitter{};  // uniform 0…jitter on top of the delay; may reorder
    Duration reorder_by = 20ms;
    std::size_t largest = 0;  // longer packets vanish without a word; 0: none does
};

/// "loss=0.1,delay=20ms,jitter=5ms,…"; the error names the word that is wrong.
Expected<Impairment, std::string> parse_impairment(const std::string& text);

/// One direction of a path. Same seed and same packets: same fate.
class ImpairedPath {
public:
    struct Parcel {
        Instant due;
        std::uint64_t order;
        std::uint64_t tag;  // the caller's: which peer the packet belongs to
        Buffer octets;
    };

    ImpairedPath(const Impairment& impairment, std::uint64_t seed);

    void put(Bytes packet, std::uint64_t tag, Instant now);
    /// The next packet that is due, or nothing.
    std::optional<Parcel> take(Instant now);
    std::optional<Instant> next_due() const;

private:
    struct Later {
        bool operator()(const Parcel& left, const Parcel& right) const {
            return std::tie(left.due, left.order) > std::tie(right.due, right.order);
        }
    };

    bool happens(double chance);

    Impairment impairment_;
    std::mt19937_64 random_;
    std::uint64_t order_ = 0;
    std::priority_queue<Parcel, std::vector<Parcel>, Later> parcels_;
};

}  // namespace kanmon::chaos
