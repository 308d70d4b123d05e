// The first key of a connection: from TLS to PUSH_REPLY.
#include <algorithm>
#include <cassert>

#include "dataplane/session/push.h"
#include "dataplane/session/session_state.h"

namespace kanmon::session {

void Session::State::advance_handshake() {
    if (life.in(Phase::securing) && keys.current->established()) {
        static_cast<void>(life.take(Step::tls_done));
        timers.clear(Timer::quiet);
        certificate = keys.current->certificate();
    }
    if (life.in(Phase::identifying)) identify();
    if (life.in(Phase::pushing) && keys.current->all_messages_sent()) connect();
}

void Session::State::identify() {
    auto read = keys.current->read_key_method_2();
    if (!read) return end(Cause::key_method_malformed, {});
    if (!*read) return;  // more of it is to come
    wire::ClientKeyMethod2& message = **read;

    // Answered in every case: a client reads the reason of a refusal only behind our half.
    keys.current->answer_key_method_2(message, options_text(), ids, random);
    peer = wire::parse_peer_info(message.peer_info);

    const bridge::Login& wanted = profile.server.login;
    if (!certificate && (wanted.certificate || !asks_for_login(wanted)))
        return turn_away(Cause::certificate_missing, {});
    if (certificate && certificate->objection) return turn_away(*certificate->objection, {});
    const auto agreement =
        negotiate(profile.server, peer, wire::parse_options_string(message.options));
    if (!agreement) return turn_away(agreement.error().cause, agreement.error().detail);
    agreed = *agreement;
    const auto exported = keys.current->take_dynamic_tls_crypt();
    agreed.dynamic_tls_crypt = agreed.dynamic_tls_crypt && exported;
    if (agreed.dynamic_tls_crypt) wrapping.begin_dynamic(*exported);
    prove(std::move(message));
}

void Session::State::ask_admission() {
    if (!life.take(Step::proven)) return;
    emit(AdmissionRequest{
        .certificate = certificate, .username = login.username, .peer_info = peer});
}

void Session::State::admit(Ipv4 address) {
    if (!life.take(Step::admitted)) return;  // it left while it was being decided
    tunnel_address = address;
    if (options_requested || peer.can(wire::Ability::request_push)) push();
}

void Session::State::take_push_request() {
    options_requested = true;
    if (life.in(Phase::holding)) return push();
    if (!pushed_at || now - *pushed_at < push_repeat_guard) return;
    pushed_at = now;
    for (const std::string& message : push_messages) keys.current->send_message(message);
}

void Session::State::push() {
    if (!life.take(Step::asked_for_options)) return;
    // The client derives its keys when PUSH_REPLY arrives and may send at once: ours come first.
    if (!install(*keys.current)) return end(Cause::tls_failed, "TLS exported no keys");
    held = wanted_options();
    PushOptions reply = held;
    const auto tokens = token_options();
    reply.options.insert(reply.options.end() - static_cast<std::ptrdiff_t>(reply.tail),
                         tokens.begin(), tokens.end());
    auto messages = wire::push_reply(reply.options, reply.tail);
    assert(messages && "our own options are far shorter than a message");
    push_messages = std::move(*messages);
    for (const std::string& message : push_messages) keys.current->send_message(message);
    pushed_at = now;
}

void Session::State::connect() {
    if (!life.take(Step::pushed)) return;
    timers.clear(Timer::handshake);
    send_with(keys.current->key_id());
    const auto usual = std::min<std::uint32_t>(profile.server.tun_mtu, 1500);
    emit(Connected{.cipher = std::string(crypto::name_of(agreed.cipher)),
                   .description = description(agreed),
                   .tun_mtu = static_cast<std::uint16_t>(agreed.tun_mtu.value_or(usual)),
                   .peer_info = peer});
    start_keepalive();
    schedule_renegotiation();
    bring_up_to_date();  // the settings may have changed since the push
}

}  // namespace kanmon::session
