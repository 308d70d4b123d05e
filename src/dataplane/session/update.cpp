// New settings of the server, told to a client that is connected: what it lacks, and only that.
#include "dataplane/session/push_update.h"
#include "dataplane/session/session_state.h"

namespace kanmon::session {

PushOptions Session::State::wanted_options() const {
    return push_options(present->server, agreed,
                        {.tunnel_address = tunnel_address,
                         .server_address = profile.server_address,
                         .peer_id = start.peer_id,
                         .dialect = dialect_of(peer)});
}

void Session::State::reconfigure(std::shared_ptr<const ServerProfile> wanted) {
    if (!wanted->tls) return;  // unusable credentials: the server is off, and so is this client
    present = std::move(wanted);
    if (!life.in(Phase::connected)) return;  // its push will be of the new settings
    watch_activity();
    if (timers.is_set(Timer::update)) return;
    const Difference difference = diff(held, wanted_options(), updates_of(peer));
    if (std::holds_alternative<ComeAgain>(difference)) {
        const auto spread = static_cast<std::uint64_t>(restart_spread.count());
        timers.set(Timer::update, now + Duration(static_cast<std::int64_t>(random.u64() % spread)));
    } else {
        bring_up_to_date();
    }
}

void Session::State::bring_up_to_date() {
    if (!life.in(Phase::connected)) return;
    PushOptions wanted = wanted_options();
    const Difference difference = diff(held, wanted, updates_of(peer));
    if (const auto* again = std::get_if<ComeAgain>(&difference))
        return dismiss(Cause::server_changed, again->what);
    const auto* update = std::get_if<Update>(&difference);
    if (update == nullptr) return;
    // Clients read control messages of their newest key only, and one update after the other.
    const bool renegotiating = keys.upcoming && !keys.upcoming->stopped();
    const bool busy =
        renegotiating || !keys.current->all_acknowledged() || now < updated_at + update_pause;
    if (busy) return timers.set(Timer::update, now + update_pause);
    held = std::move(wanted);
    update_messages = update->messages;
    updated_at = now;
    for (const std::string& message : update_messages) keys.current->send_message(message);
}

/// A renegotiation that overtook the latest update: the client listens to the old key no more.
/// Saying it twice changes nothing, but openvpn3 does listen to the old key: what comes late over
/// it would replace what the new one said.
void Session::State::repeat_update_if_lost() {
    if (update_messages.empty() || keys.retired.back()->all_acknowledged()) return;
    keys.retired.back()->abandon();
    for (const std::string& message : update_messages) keys.current->send_message(message);
}

}  // namespace kanmon::session
