// A kernel and a journal in memory, which die at a chosen call.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "broker/reconciler.h"

namespace kanmon::broker {

/// What kill -9 does to the code between two calls: nothing after it runs.
struct Killed : std::runtime_error {
    Killed() : std::runtime_error("killed") {}
};

/// Counts calls of both doubles and throws at the chosen one, before or after its effect.
struct Fate {
    std::size_t calls = 0;
    std::size_t kill_before = 0;  // 0: never
    std::size_t kill_after = 0;

    void before() {
        if (++calls == kill_before) throw Killed();
    }
    void after() const {
        if (calls == kill_after) throw Killed();
    }
};

class FakeStore final : public JournalStore {
public:
    explicit FakeStore(Fate& fate) : fate_(fate) {}
    Done save(const Journal& journal) override {
        fate_.before();
        if (fails) return unexpected<std::string>("disk full");
        octets = encode(journal);
        fate_.after();
        return {};
    }
    Journal load() const { return octets.empty() ? Journal{} : *decode_journal(octets); }

    Buffer octets;
    bool fails = false;

private:
    Fate& fate_;
};

class FakeKernel final : public Kernel {
public:
    explicit FakeKernel(Fate& fate) : fate_(fate) {}

    Done remove_device(const std::string& space, const std::string& device) override {
        fate_.before();
        devices.erase({space, device});
        fate_.after();
        return {};
    }
    Done make_device(const bridge::WantedServer& server, bool ours) override {
        fate_.before();
        if (failing_device == server.device) return unexpected<std::string>("no device for you");
        const std::pair key{server.vpc_namespace, server.device};
        if (devices.contains(key) && !ours) return unexpected<std::string>("somebody else's");
        devices.insert(key);
        fate_.after();
        return {};
    }
    Expected<bool, std::string> has_device(const std::string& space,
                                           const std::string& device) override {
        return devices.contains({space, device});
    }
    Done apply_rules(const std::string& space, const std::string& rules) override {
        fate_.before();
        tables[space] = rules;
        if (rules.find("chain") == std::string::npos) tables.erase(space);
        fate_.after();
        return {};
    }
    Expected<bool, std::string> forwarding(const std::string& space, Family family) override {
        return forwarding_of(family).contains(space);
    }
    Done set_forwarding(const std::string& space, Family family, bool on) override {
        fate_.before();
        if (on) forwarding_of(family).insert(space);
        if (!on) forwarding_of(family).erase(space);
        fate_.after();
        return {};
    }
    bool stands(const std::string& space,
                const std::vector<bridge::WantedServer>& servers) override {
        return tables.contains(space) && forwarding_on.contains(space) &&
               std::ranges::all_of(servers, [&](const bridge::WantedServer& server) {
                   return devices.contains({space, server.device});
               });
    }
    bool namespace_exists(const std::string& space) override { return !missing.contains(space); }

    std::set<std::pair<std::string, std::string>> devices;
    std::map<std::string, std::string> tables;
    std::set<std::string> forwarding_on, forwarding6_on, missing;
    std::string failing_device;

private:
    std::set<std::string>& forwarding_of(Family family) {
        return family == Family::v4 ? forwarding_on : forwarding6_on;
    }

    Fate& fate_;
};

inline bridge::WantedServer wanted_server(const std::string& id, const std::string& device,
                                          const std::string& space, const char* pool) {
    bridge::WantedServer server;
    server.server_id = id;
    server.device = device;
    server.vpc_namespace = space;
    server.client_pool = *parse_cidr(pool);
    server.server_address = Ipv4{server.client_pool.base.value + 1};
    return server;
}

}  // namespace kanmon::broker
