// Whether the audit log is what was written: its chain from row to row, and its end, which is kept
// elsewhere too, since rows that are cut off leave a chain that holds.
//
// Promises: what is wrong is said at every start, and is an event of the installation's account
//           once. A head is written only of rows that survive a loss of power, so that a crash is
//           taken for no theft.
// Limits:   the end is written every ten seconds and when the process stops; rows that were added
//           after the last time can be cut off unseen.
#pragma once

#include "base/result.h"
#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

/// Where the head is kept, apart from the store. Errors are sentences.
class HeadPlace {
public:
    virtual ~HeadPlace() = default;
    /// Nothing where none was ever written.
    virtual Expected<std::optional<AuditHead>, std::string> read() = 0;
    virtual Expected<void, std::string> write(const AuditHead& head) = 0;
    /// Keeps what is there for whoever looks into it, under another name.
    virtual void put_aside() = 0;
};

class AuditWatch {
public:
    static constexpr Duration write_every = 10s;

    AuditWatch(Ports& ports, HeadPlace& place) : ports_(ports), place_(place) {}

    /// At the start: sentences about what is wrong. Reads the whole log.
    std::vector<std::string> check(UnixTime wall);
    /// Writes the head when that is due. Without the turn.
    Expected<void, std::string> keep(Instant now);
    /// Writes it now.
    Expected<void, std::string> keep_last();

private:
    void tell(const std::string& what, const std::string& mark, UnixTime wall);

    Ports& ports_;
    HeadPlace& place_;
    Instant next_{};
    AuditHead written_;
};

}  // namespace kanmon::usecases
