// Why a stranger's hello does not open: what its configuration must look like, for the operator.
//
// Nothing is answered and nothing is kept, but a few of these hellos are looked at again: with the
// key turned around, with the other digests, as the other kinds of wrapping. Pure.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/time.h"
#include "bridge/snapshot.h"

namespace kanmon::shard {

/// One sentence. `hello` did not open under `ours`. Takes heap, and some microseconds.
std::string wrong_key_text(const bridge::ControlWrapping& ours, Bytes hello);

/// Whoever sends hellos can cause these records, so there are few of them.
inline constexpr unsigned wrong_key_records_max = 10;
inline constexpr Duration wrong_key_records_span = 60s;

class RecordBudget {
public:
    bool take(Instant now) {
        if (now >= ends_) {
            ends_ = now + wrong_key_records_span;
            left_ = wrong_key_records_max;
        }
        if (left_ == 0) return false;
        --left_;
        return true;
    }

private:
    Instant ends_{};
    unsigned left_ = 0;
};

}  // namespace kanmon::shard
