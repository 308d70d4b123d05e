// A hash table from some key of a slot to the slot's number: open addressing, fixed size, no keys
// stored.
//
// The caller keeps the keys, gives the hash and says whether a slot matches. Nothing allocates
// after construction; removal shifts the entries behind, so there are no tombstones and lookups
// stay short. Limits: at most half full, so a probe always ends.
#pragma once

#include <bit>
#include <cassert>
#include <cstdint>
#include <vector>

namespace kanmon::directory {

using Slot = std::uint32_t;
inline constexpr Slot no_slot = 0xffffffff;

class SlotIndex {
public:
    explicit SlotIndex(std::uint32_t slots_max)
        : mask_(std::bit_ceil(std::uint64_t{2} * slots_max + 2) - 1), entries_(mask_ + 1) {}

    /// The first slot with this hash for which `matches(slot)` holds.
    template <class Matches>
    Slot find(std::uint64_t hash, Matches matches) const {
        const auto tag = static_cast<std::uint32_t>(hash >> 32);
        for (std::uint64_t at = hash & mask_; entries_[at].slot != no_slot; at = (at + 1) & mask_)
            if (entries_[at].tag == tag && matches(entries_[at].slot)) return entries_[at].slot;
        return no_slot;
    }

    void insert(std::uint64_t hash, Slot slot) {
        assert(used_ * 2 <= mask_);
        std::uint64_t at = hash & mask_;
        while (entries_[at].slot != no_slot) at = (at + 1) & mask_;
        entries_[at] = {static_cast<std::uint32_t>(hash >> 32), slot, hash};
        ++used_;
    }

    /// Names another slot in the place of this one, or, for `no_slot`, removes the entry.
    void replace(std::uint64_t hash, Slot slot, Slot by) {
        std::uint64_t at = hash & mask_;
        while (entries_[at].slot != slot || entries_[at].hash != hash) {
            assert(entries_[at].slot != no_slot);
            at = (at + 1) & mask_;
        }
        entries_[at].slot = by;
        if (by == no_slot) close_gap(at);
    }

    void remove(std::uint64_t hash, Slot slot) { replace(hash, slot, no_slot); }

private:
    struct Entry {
        std::uint32_t tag = 0;
        Slot slot = no_slot;
        std::uint64_t hash = 0;
    };

    void close_gap(std::uint64_t gap) {
        --used_;
        for (std::uint64_t at = (gap + 1) & mask_; entries_[at].slot != no_slot;
             at = (at + 1) & mask_) {
            const std::uint64_t wanted = entries_[at].hash & mask_;
            // An entry may move back only as far as its own place.
            if (((at - wanted) & mask_) < ((at - gap) & mask_)) continue;
            entries_[gap] = entries_[at];
            entries_[at] = {};
            gap = at;
        }
    }

    std::uint64_t mask_;
    std::uint64_t used_ = 0;
    std::vector<Entry> entries_;
};

}  // namespace kanmon::directory
