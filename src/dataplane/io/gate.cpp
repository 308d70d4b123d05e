#include "dataplane/io/gate.h"

#include <algorithm>

#include "base/date.h"
#include "base/log.h"

namespace kanmon::io {

void Gate::apply(const bridge::Snapshot& snapshot, Instant now, UnixTime wall) {
    book_.configure(snapshot.gateways, snapshot.servers);
    if (!configured_) {
        book_.restore(snapshot.leases, now);
        for (const bridge::Lease& lease : book_.all()) tell(lease, false, now);
    }
    configured_ = true;
    block(snapshot, wall);
}

// --- who is blocked -----------------------------------------------------------------------------

/// Until then, by this snapshot or without another one.
void Gate::block(const bridge::Snapshot& snapshot, UnixTime wall) {
    blocked_.clear();
    for (const bridge::SslServer& server : snapshot.servers)
        for (const bridge::BlockedClient& blocked : server.access.blocked) {
            UnixTime& until = blocked_[{server.id, blocked.name}];
            until = std::max(until, blocked.until);
        }
    for (const auto& [session, client] : clients_)
        if (blocked_until(client.server_id, client.holder, client.common_name, wall))
            outlet_.disconnect(client.shard, session, Cause::disconnected_by_operator);
}

std::optional<UnixTime> Gate::blocked_until(const std::string& server_id, const std::string& holder,
                                            const std::string& common_name, UnixTime wall) const {
    std::optional<UnixTime> latest;
    for (const std::string* name : {&holder, &common_name}) {
        const auto found = name->empty() ? blocked_.end() : blocked_.find({server_id, *name});
        if (found != blocked_.end() && found->second > wall)
            latest = std::max(latest.value_or(found->second), found->second);
    }
    return latest;
}

// --- a client enters ----------------------------------------------------------------------------

void Gate::ask(std::uint32_t shard, const shard::AdmissionQuestion& question, Instant now,
               UnixTime wall) {
    if (!configured_) return refuse(shard, question.session, Cause::gateway_not_ready);
    if (const auto until =
            blocked_until(question.server_id, question.holder, question.common_name, wall))
        return refuse(shard, question.session, Cause::blocked_by_operator,
                      std::min<std::chrono::seconds>(*until - wall, blocked_wait_max),
                      "until " + time_text(*until) + " (UTC)");
    const auto lease = find_lease(question, now);
    if (!lease) {
        if (question.replaces != 0)  // what it had is gone
            outlet_.disconnect(shard, question.replaces, Cause::replaced);
        return refuse(shard, question.session, lease.error(),
                      wait_of(question.server_id, question.holder, question.session, now));
    }
    clients_[question.session] = Client{.shard = shard,
                                        .server_id = question.server_id,
                                        .holder = question.holder,
                                        .common_name = question.common_name,
                                        .remote = {},
                                        .replaced = question.replaces};
    if (!question.stream) {
        clients_[question.session].remote = question.remote;
        by_remote_[question.remote] = question.session;
    }
    gone_.erase({lease->server_id, lease->address});
    // A living connection without open questions: nothing speaks against control standing by.
    if (connected_ && waiting_.empty()) vouched_at_ = now;
    const std::uint64_t id = next_id_++;
    Waiting& waiting = waiting_[id];
    waiting = Waiting{.session = question.session, .lease = *lease, .asked_at = now};
    if (connected_)
        outlet_.tell_control({id, bridge::LeaseQuestion{*lease}});
    else
        decide_alone(waiting, now);
    std::erase_if(waiting_, [&](const auto& entry) {
        return entry.second.decided && !connected_;  // it goes out as a fact
    });
}

Expected<bridge::Lease, Cause> Gate::find_lease(const shard::AdmissionQuestion& question,
                                                Instant now) {
    const std::uint64_t replaced = replaced_by(question);
    if (replaced != 0) {
        const auto old = clients_.find(replaced);
        const auto inherited = book_.inherit(replaced, question.session);
        if (!inherited)
            if (const auto held = book_.leave(replaced, now)) tell(*held, false, now);
        if (old != clients_.end()) {
            // The shard that asks ends its own older session; another shard has to be told.
            if (question.replaces == 0)
                outlet_.disconnect(old->second.shard, replaced, Cause::replaced);
            erase_client(replaced);
        }
        std::erase_if(waiting_, [&](const auto& e) { return e.second.session == replaced; });
        if (inherited) {
            make_room(question, now);
            return *inherited;
        }
    }
    make_room(question, now);
    return book_.take(question.server_id, question.holder, question.session, now);
}

/// Ends the sessions that this one replaces although they live elsewhere. They are not told, as
/// with stock servers, and come back when they notice. Two programs with the same certificate would
/// take turns for ever: after a few the loser is told why, which ends it and leaves a record.
void Gate::make_room(const shard::AdmissionQuestion& question, Instant now) {
    for (const std::uint64_t session :
         book_.displaced(question.server_id, question.holder, question.session)) {
        const bool own = book_.find(session)->holder == question.holder;
        const bool contest = own && contests_.replaced(question.server_id, question.holder, now);
        displace(session,
                 !own      ? Cause::server_changed
                 : contest ? Cause::certificate_shared
                           : Cause::replaced,
                 now);
    }
}

/// As `left`, but before the shard has said so: the address is needed now.
void Gate::displace(std::uint64_t session, Cause cause, Instant now) {
    const auto found = clients_.find(session);
    if (found != clients_.end()) {
        outlet_.disconnect(found->second.shard, session, cause);
        return left(session, cause, now);
    }
    if (const auto held = book_.leave(session, now)) tell(*held, false, now);
}

/// The same holder at the same address and port is the same program started again, whichever shard
/// its first life was on.
std::uint64_t Gate::replaced_by(const shard::AdmissionQuestion& question) const {
    if (question.replaces != 0 || question.stream) return question.replaces;
    const auto newest = by_remote_.find(question.remote);
    if (newest == by_remote_.end() || newest->second == question.session) return 0;
    const auto client = clients_.find(newest->second);
    const bool same = client != clients_.end() && client->second.holder == question.holder &&
                      client->second.server_id == question.server_id;
    return same ? newest->second : 0;
}

/// False where somebody else has come to that address since.
bool Gate::spoke_last_from(const std::optional<Endpoint>& remote, std::uint64_t session) const {
    const auto newest = remote ? by_remote_.find(*remote) : by_remote_.end();
    return newest != by_remote_.end() && newest->second == session;
}

/// An older session whose lease went over to this one ends with it, whether or not the shard has
/// ended it already: nobody here knows it any more.
void Gate::erase_client(std::uint64_t session) {
    const auto found = clients_.find(session);
    if (found == clients_.end()) return;
    if (found->second.replaced != 0)
        outlet_.disconnect(found->second.shard, found->second.replaced, Cause::replaced);
    if (spoke_last_from(found->second.remote, session)) by_remote_.erase(*found->second.remote);
    clients_.erase(found);
}

void Gate::take(std::uint64_t id, const bridge::LeaseAnswer& answer, Instant now) {
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return;
    const Waiting waiting = std::move(found->second);
    waiting_.erase(found);
    const auto client = clients_.find(waiting.session);
    if (client == clients_.end()) return;
    if (answer.granted) {
        if (!waiting.decided) admit(waiting.lease, waiting.session);
        return;
    }
    if (waiting.decided)
        return outlet_.disconnect(client->second.shard, waiting.session, answer.cause);
    turn_away(waiting, answer.cause, now);
}

void Gate::decide_alone(Waiting& waiting, Instant now) {
    waiting.decided = true;
    const auto client = clients_.find(waiting.session);
    if (client == clients_.end()) return;
    if (fresh(now)) {
        tell(waiting.lease, false, now);
        return admit(waiting.lease, waiting.session);
    }
    turn_away(waiting, Cause::gateway_not_ready, now);
}

void Gate::turn_away(const Waiting& waiting, Cause cause, Instant now) {
    const Client& client = clients_.at(waiting.session);
    const std::uint32_t shard = client.shard;
    const auto wait = wait_of(client.server_id, client.holder, waiting.session, now);
    forget(waiting.session, now);
    refuse(shard, waiting.session, cause, wait);
}

bool Gate::fresh(Instant now) const {
    return configured_ && now - vouched_at_ <= snapshot_age_max;
}

void Gate::admit(const bridge::Lease& lease, std::uint64_t session) {
    Client& client = clients_.at(session);
    client.admitted = true;
    patience_.admitted(client.server_id, client.holder);
    outlet_.own(lease, client.remote, client.shard);
    outlet_.answer(client.shard, {.session = session,
                                  .admitted = true,
                                  .tunnel_address = lease.address,
                                  .detail = {},
                                  .wait = {}});
}

std::chrono::seconds Gate::wait_of(const std::string& server_id, const std::string& holder,
                                   std::uint64_t session, Instant now) {
    return patience_.refused(server_id, holder, session, now);
}

void Gate::refuse(std::uint32_t shard, std::uint64_t session, Cause cause,
                  std::chrono::seconds wait, std::string detail) {
    outlet_.answer(shard, {.session = session,
                           .admitted = false,
                           .tunnel_address = {},
                           .cause = cause,
                           .detail = std::move(detail),
                           .wait = wait});
}

/// A lease that never became a client's: the address is free again at once.
void Gate::forget(std::uint64_t session, Instant now) {
    if (const bridge::Lease* lease = book_.find(session)) {
        const bridge::Lease copy = *lease;
        book_.forget(session);
        tell(copy, true, now);
    }
    erase_client(session);
}

// --- a client leaves ----------------------------------------------------------------------------

void Gate::left(std::uint64_t session, Cause cause, Instant now) {
    const auto found = clients_.find(session);
    if (found == clients_.end()) return;
    std::erase_if(waiting_, [&](const auto& e) { return e.second.session == session; });
    if (!found->second.admitted || cause == Cause::connections_exhausted)
        return forget(session, now);
    const auto& remote = found->second.remote;
    if (const bridge::Lease* lease = book_.find(session))
        outlet_.own(*lease, spoke_last_from(remote, session) ? remote : std::nullopt, std::nullopt);
    erase_client(session);
    if (const auto held = book_.leave(session, now)) tell(*held, false, now);
}

void Gate::take(const bridge::Disconnect& command) {
    for (const auto& [session, client] : clients_) {
        const bool named =
            command.session == 0 && !command.common_name.empty() &&
            (client.common_name == command.common_name || client.holder == command.common_name) &&
            client.server_id == command.server_id;
        if (named || (command.session != 0 && session == command.session))
            outlet_.disconnect(client.shard, session, command.cause);
    }
}

void Gate::take(const bridge::ReleaseSlot& command, Instant now) {
    for (const bridge::Lease& lease : book_.all()) {
        if (lease.server_id != command.server_id || lease.address != command.address) continue;
        if (book_.release(command.server_id, command.address)) tell(lease, true, now);
        return;
    }
}

void Gate::dismiss_all(Cause cause) {
    for (const auto& [session, client] : clients_) outlet_.disconnect(client.shard, session, cause);
}

// --- control and time ---------------------------------------------------------------------------

void Gate::tell(const bridge::Lease& lease, bool gone, Instant now) {
    if (gone) gone_[{lease.server_id, lease.address}] = {lease, now};
    outlet_.tell_control({0, bridge::LeaseFact{lease, gone}});
}

void Gate::control_connected(Instant now) {
    connected_ = true;
    for (const auto& [key, entry] : gone_)
        outlet_.tell_control({0, bridge::LeaseFact{entry.first, true}});
    for (const bridge::Lease& lease : book_.all()) {
        const bool asked = std::ranges::any_of(waiting_, [&](const auto& entry) {
            return !entry.second.decided && entry.second.session == lease.session;
        });
        if (!asked || lease.session == 0) tell(lease, false, now);
    }
    for (auto& [id, waiting] : waiting_)
        if (!waiting.decided) outlet_.tell_control({id, bridge::LeaseQuestion{waiting.lease}});
}

void Gate::control_lost(Instant now) {
    if (connected_ && waiting_.empty()) vouched_at_ = now;
    connected_ = false;
}

void Gate::reach(Instant now) {
    for (auto& [id, waiting] : waiting_)
        if (!waiting.decided && now - waiting.asked_at >= answer_wait) decide_alone(waiting, now);
    std::erase_if(waiting_, [&](const auto& entry) {
        return entry.second.decided && now - entry.second.asked_at >= snapshot_age_max;
    });
    if (now < sweep_at_) return;
    sweep_at_ = now + sweep_interval;
    for (const bridge::Lease& lease : book_.expire(now)) tell(lease, true, now);
    std::erase_if(gone_, [&](const auto& e) { return now - e.second.second >= gone_kept; });
    patience_.sweep(now);
    contests_.sweep(now);
}

std::optional<Instant> Gate::next_deadline() const {
    std::optional<Instant> next;
    if (configured_) next = sweep_at_;
    for (const auto& [id, waiting] : waiting_) {
        if (waiting.decided) continue;
        const Instant at = waiting.asked_at + answer_wait;
        next = next ? std::min(*next, at) : at;
    }
    return next;
}

}  // namespace kanmon::io
