// Loss and reordering on the way from one client, by the ids of its data packets.
//
// An id that was passed over counts as lost, until its packet comes late. Ids are compared within
// one key only: what was lost around a change of keys is not seen, nor is a leap of more than
// `leap_max`, as the epoch format makes between epochs.
// Pure. A replay must not come here. Lost packets of the way back only the client can count.
#pragma once

#include <cstdint>

namespace kanmon::flows {

class PacketGaps {
public:
    static constexpr std::uint64_t leap_max = 65536;

    /// A packet that was opened under this key.
    void take(std::uint8_t key, std::uint64_t id) {
        if (key == key_ && id == newest_ + 1) {
            newest_ = id;
            return;
        }
        take_out_of_order(key, id);
    }

    /// A newer packet of the same key came before.
    bool is_late(std::uint8_t key, std::uint64_t id) const { return key == key_ && id < newest_; }

    std::uint64_t lost() const { return lost_; }
    std::uint64_t reordered() const { return reordered_; }

private:
    void take_out_of_order(std::uint8_t key, std::uint64_t id) {
        if (is_late(key, id)) {
            ++reordered_;
            if (lost_ > 0) --lost_;
            return;
        }
        const std::uint64_t leap = id - newest_;
        if (key == key_ && leap <= leap_max) lost_ += leap - 1;
        key_ = key;
        newest_ = id;
    }

    std::uint64_t newest_ = 0;
    std::uint64_t lost_ = 0, reordered_ = 0;
    std::uint8_t key_ = 0;  // under which the newest came
};

}  // namespace kanmon::flows
