// Wrong logins, counted by whatever is guessed at (a user) or guesses (a network): after a few, a
// pause that doubles with each further one. Pure.
//
// Promises: a name that does not exist is counted like one that does, so that being locked tells
//           nothing; attempts that are still being decided count as wrong until they are right, so
//           that no storm of guesses gets in before the first is counted.
// Owner:    one thread at a time. All times are arguments.
// Limits:   `keys_max` keys; the one that was quiet for longest gives way.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>

#include "base/time.h"

namespace kanmon::model {

class LoginThrottle {
public:
    struct Rules {
        std::uint32_t attempts = 5;  // wrong ones before the first pause
        Duration first_pause = 30s;
        Duration longest_pause = 1h;
        Duration forgotten_after = 24h;  // without any attempt
        /// One wrong attempt each time, where nothing that is right may wipe them all out; 0:
        /// never.
        Duration one_forgiven_each{};
        std::size_t keys_max = 65536;
    };
    explicit LoginThrottle(const Rules& rules) : rules_(rules) {}

    enum class Entry : std::uint8_t { open, busy, locked };
    struct Admission {
        Entry entry = Entry::open;
        Duration wait{};  // locked: until when
    };
    /// When open, `conclude` has to follow.
    Admission begin(const std::string& key, Instant now);

    enum class Ending : std::uint8_t { right, wrong, undecided };
    void conclude(const std::string& key, Ending ending, Instant now);

    /// So many wrong ones were never counted under this key; attempts that are being decided go on.
    void forgive(const std::string& key,
                 std::uint32_t most = std::numeric_limits<std::uint32_t>::max());

    /// What outlives a restart of the process; `wrong` 0: nothing does.
    struct Standing {
        std::uint32_t wrong = 0;
        Instant locked_until{};
        Instant touched{};
    };
    Standing standing(const std::string& key) const;
    /// What stood at the end of an earlier process. No pause is longer than the longest.
    void restore(const std::string& key, const Standing& standing, Instant now);

    std::size_t size() const { return records_.size(); }

private:
    struct Record {
        std::uint32_t wrong = 0;
        std::uint32_t open = 0;
        Instant locked_until{};
        Instant touched{};
        Instant forgiven_at{};  // the last one, or when the first was counted
    };
    void make_room(Instant now);
    void forgive_by_time(Record& record, Instant now) const;
    Duration pause_after(std::uint32_t wrong) const;

    Rules rules_;
    std::map<std::string, Record> records_;
};

}  // namespace kanmon::model
