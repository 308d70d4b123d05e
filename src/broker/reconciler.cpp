#include "broker/reconciler.h"

#include <algorithm>

#include "broker/rules.h"
#include "broker/wanted.h"

namespace kanmon::broker {

namespace {

void add_sentence(std::string& text, const std::string& sentence) {
    if (sentence.empty()) return;
    if (!text.empty()) text += "; ";
    text += sentence;
}

std::string sentence_of(const Done& done) {
    return done ? std::string() : done.error();
}

}  // namespace

std::string Reconciler::want(bridge::Want want) {
    if (want.number < journal_.want.number)
        return "the wanted state " + std::to_string(want.number) + " is older than the present " +
               std::to_string(journal_.want.number);
    if (auto problem = problem_with(want); !problem.empty()) return problem;
    bridge::Want before = std::exchange(journal_.want, std::move(want));
    if (auto saved = store_.save(journal_); !saved) {
        journal_.want = std::move(before);
        return saved.error();
    }
    return reconcile();
}

std::string Reconciler::reconcile() {
    std::string problems = remember_before_making();
    // Nothing is made or removed that the journal does not hold.
    if (auto saved = store_.save(journal_); !saved) return saved.error();
    add_sentence(problems, take_steps());
    add_sentence(problems, sentence_of(store_.save(journal_)));
    return problems;
}

std::string Reconciler::take_steps() {
    std::string problems;
    for (const Step& step : plan(journal_.traces, journal_.want)) {
        const std::string problem = perform(step);
        if (problem.empty()) forget(step);
        add_sentence(problems, problem);
    }
    return problems;
}

std::string Reconciler::remove_all() {
    journal_.want = {};
    std::string problems = take_steps();
    const auto saved = store_.save(journal_);
    if (!problems.empty()) add_sentence(problems, sentence_of(saved));
    return problems;
}

bool Reconciler::stands() {
    return std::ranges::all_of(namespaces_of(journal_.want), [&](const std::string& name) {
        return !kernel_.namespace_exists(name) ||
               kernel_.stands(name, servers_in(journal_.want, name));
    });
}

const bridge::WantedServer* Reconciler::find(const std::string& server_id) const {
    const auto& servers = journal_.want.servers;
    const auto found = std::ranges::find(servers, server_id, &bridge::WantedServer::server_id);
    return found == servers.end() ? nullptr : &*found;
}

/// Adds the traces of what is about to be made. What is there already and is not in the journal
/// belongs to somebody else and gets no trace, so that it is never removed.
std::string Reconciler::remember_before_making() {
    std::string problems;
    Traces& traces = journal_.traces;
    for (const std::string& name : namespaces_of(journal_.want)) {
        if (!kernel_.namespace_exists(name)) continue;
        auto trace = std::ranges::find(traces.namespaces, name, &NamespaceTrace::vpc_namespace);
        if (trace == traces.namespaces.end()) {
            const auto before = kernel_.forwarding(name, Family::v4);
            if (!before) add_sentence(problems, before.error());
            if (!before) continue;
            traces.namespaces.push_back({name, *before, {}});
            trace = traces.namespaces.end() - 1;
        }
        if (trace->forwarding6_before || !wants_ipv6(journal_.want, name)) continue;
        const auto before = kernel_.forwarding(name, Family::v6);
        if (before) trace->forwarding6_before = *before;
        if (!before) add_sentence(problems, before.error());
    }
    for (const bridge::WantedServer& server : journal_.want.servers) {
        if (is_ours(server) || !kernel_.namespace_exists(server.vpc_namespace)) continue;
        const auto there = kernel_.has_device(server.vpc_namespace, server.device);
        if (there && !*there) traces.devices.push_back({server.vpc_namespace, server.device});
        if (!there) add_sentence(problems, there.error());
    }
    return problems;
}

bool Reconciler::is_ours(const bridge::WantedServer& server) const {
    const DeviceTrace trace{server.vpc_namespace, server.device};
    return std::ranges::find(journal_.traces.devices, trace) != journal_.traces.devices.end();
}

bool Reconciler::is_traced(const std::string& vpc_namespace) const {
    const auto& namespaces = journal_.traces.namespaces;
    return std::ranges::find(namespaces, vpc_namespace, &NamespaceTrace::vpc_namespace) !=
           namespaces.end();
}

bool Reconciler::is_traced6(const std::string& vpc_namespace) const {
    return std::ranges::any_of(journal_.traces.namespaces, [&](const NamespaceTrace& trace) {
        return trace.vpc_namespace == vpc_namespace && trace.forwarding6_before;
    });
}

std::string Reconciler::perform(const Step& step) {
    const bool removes = step.action == Action::remove_device ||
                         step.action == Action::remove_rules ||
                         step.action == Action::restore_forwarding6;
    if (!kernel_.namespace_exists(step.vpc_namespace)) {
        if (removes || step.action != Action::apply_rules) return {};  // said once, by the rules
        return place_of(step.vpc_namespace) +
               " does not exist below /run/netns; make it with: " + "ip netns add " +
               step.vpc_namespace;
    }
    if (!removes && !is_traced(step.vpc_namespace)) return {};  // its settings could not be read
    switch (step.action) {
        case Action::remove_device:
            return sentence_of(kernel_.remove_device(step.vpc_namespace, step.device));
        case Action::remove_rules: {
            auto removed = kernel_.apply_rules(step.vpc_namespace, rules_for_nothing());
            if (!removed) return removed.error();
            if (step.forwarding) return {};  // it was on before us
            return sentence_of(kernel_.set_forwarding(step.vpc_namespace, Family::v4, false));
        }
        case Action::restore_forwarding6:
            return sentence_of(
                kernel_.set_forwarding(step.vpc_namespace, Family::v6, step.forwarding));
        case Action::apply_rules:
            return sentence_of(kernel_.apply_rules(
                step.vpc_namespace, rules_for(servers_in(journal_.want, step.vpc_namespace),
                                              listeners_in(journal_.want, step.vpc_namespace))));
        case Action::make_device: {
            const bridge::WantedServer& server = journal_.want.servers[step.server];
            return sentence_of(kernel_.make_device(server, is_ours(server)));
        }
        case Action::enable_forwarding:
            return sentence_of(kernel_.set_forwarding(step.vpc_namespace, Family::v4, true));
        case Action::enable_forwarding6:
            if (!is_traced6(step.vpc_namespace)) return {};  // it could not be read: said already
            return sentence_of(kernel_.set_forwarding(step.vpc_namespace, Family::v6, true));
    }
    return {};
}

void Reconciler::forget(const Step& step) {
    if (step.action == Action::remove_device)
        std::erase(journal_.traces.devices, DeviceTrace{step.vpc_namespace, step.device});
    for (NamespaceTrace& trace : journal_.traces.namespaces)
        if (step.action == Action::restore_forwarding6 && trace.vpc_namespace == step.vpc_namespace)
            trace.forwarding6_before.reset();
    if (step.action == Action::remove_rules)
        std::erase_if(journal_.traces.namespaces, [&](const NamespaceTrace& trace) {
            // What could not be restored yet is tried again with the next wanted state.
            return trace.vpc_namespace == step.vpc_namespace && !trace.forwarding6_before;
        });
}

}  // namespace kanmon::broker
