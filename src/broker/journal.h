// The broker's memory across a crash: the last wanted state and the traces of what was made.
//
// Rule: a trace is stored before the thing is made, and forgotten only after it was removed. So at
// any instant the file names at least everything that exists.
#pragma once

#include <string>

#include "base/result.h"
#include "bridge/broker_messages.h"
#include "broker/plan.h"

namespace kanmon::broker {

struct Journal {
    std::string boot;  // the boot the traces belong to; another boot has no traces
    bridge::Want want;
    Traces traces;
    friend bool operator==(const Journal&, const Journal&) = default;
};

Buffer encode(const Journal& journal);
Expected<Journal, std::string> decode_journal(Bytes octets);

/// Where the journal is kept. The sentence of an error names the file and the reason.
class JournalStore {
public:
    virtual ~JournalStore() = default;
    virtual Expected<void, std::string> save(const Journal& journal) = 0;
};

/// `broker.journal` in a directory, replaced atomically and durable when `save` returns.
class JournalFile final : public JournalStore {
public:
    explicit JournalFile(std::string directory) : directory_(std::move(directory)) {}

    /// An empty journal when there is no file, and a fresh one when it is of an earlier boot.
    Expected<Journal, std::string> load() const;
    Expected<void, std::string> save(const Journal& journal) override;
    /// Keeps a file that cannot be read beside the journal, for people.
    void set_aside() const;
    void remove() const;

private:
    std::string directory_;
};

}  // namespace kanmon::broker
