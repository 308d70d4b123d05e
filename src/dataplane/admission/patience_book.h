// How long a refused client is asked to wait: longer with each refusal in a row. Pure.
//
// A client that is refused comes back by itself, each time at the cost of a TLS handshake. Waits
// grow from `wait_first` to `wait_longest`, each a fifth shorter or longer by chance, so that
// clients that were refused together do not return together. Whoever enters, or stays away for
// `memory`, begins anew.
// Owner:  the gate.
// Limits: `holders_max` holders; beyond them a refusal counts as a first one.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "base/time.h"

namespace kanmon::admission {

class PatienceBook {
public:
    static constexpr std::chrono::seconds wait_first{10};
    static constexpr std::chrono::seconds wait_longest{60};
    static constexpr Duration memory = 5min;
    static constexpr std::size_t holders_max = 65536;

    /// `salt`: differs from refusal to refusal.
    std::chrono::seconds refused(const std::string& server_id, const std::string& holder,
                                 std::uint64_t salt, Instant now);
    void admitted(const std::string& server_id, const std::string& holder);
    void sweep(Instant now);
    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        unsigned refusals = 0;
        Instant latest{};
    };
    std::map<std::pair<std::string, std::string>, Entry> entries_;
};

}  // namespace kanmon::admission
