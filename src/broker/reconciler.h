// Brings the kernel to the wanted state, journal first. Knows no system call.
//
// Promises: at any instant the stored journal names at least everything that exists, so that
//           dying anywhere and starting again leaves no orphan. One server that cannot be made does
//           not keep the others from being made.
// Owner:    the broker's only thread.
#pragma once

#include <string>

#include "broker/journal.h"
#include "broker/kernel.h"

namespace kanmon::broker {

class Reconciler {
public:
    Reconciler(Kernel& kernel, JournalStore& store, Journal journal)
        : kernel_(kernel), store_(store), journal_(std::move(journal)) {}

    /// Takes a new wanted state and reaches it. Returns the problem, empty when all was reached.
    std::string want(bridge::Want want);
    /// Reaches the present wanted state again: at start, and after something was not possible.
    std::string reconcile();
    /// Removes every trace. The wanted state is forgotten too. Nothing is stored before, since what
    /// is stored names at least what exists: a full disk keeps nothing here.
    std::string remove_all();
    /// Whether what was made still stands, as far as a quick look tells. Namespaces that are gone
    /// count as standing: there is nothing to make there.
    bool stands();

    const bridge::WantedServer* find(const std::string& server_id) const;
    const Journal& journal() const { return journal_; }

private:
    std::string remember_before_making();
    std::string take_steps();
    std::string perform(const Step& step);
    void forget(const Step& step);
    bool is_ours(const bridge::WantedServer& server) const;
    bool is_traced(const std::string& vpc_namespace) const;
    bool is_traced6(const std::string& vpc_namespace) const;

    Kernel& kernel_;
    JournalStore& store_;
    Journal journal_;
};

}  // namespace kanmon::broker
