#include "client/client_engine.h"

#include <algorithm>

#include "dataplane/wire/reset_flags.h"

namespace kanmon::client {

namespace {

void earliest(std::optional<Instant>& known, std::optional<Instant> other) {
    if (other && (!known || *other < *known)) known = other;
}

wire::SessionId fresh_session_id(Random& random) {
    wire::SessionId id;
    while (id.is_zero()) id.octets = random.array<8>();
    return id;
}

}  // namespace

ClientEngine::ClientEngine(ClientSettings settings, Random& random, Instant now)
    : settings_(std::move(settings)),
      random_(random),
      envelope_(settings_.wrapping, *settings_.personality, settings_.unix_seconds),
      own_(fresh_session_id(random)),
      started_(now) {
    begin(0, now).reliability.queue(envelope_.hello(), {});
    flush(now);
}

Negotiation& ClientEngine::begin(wire::KeyId key_id, Instant now) {
    const Personality& personality = *settings_.personality;
    wire::ClientKeyMethod2 own;
    own.pre_master = Secret<48>(random_.array<48>());
    own.random1 = Secret<32>(random_.array<32>());
    own.random2 = Secret<32>(random_.array<32>());
    own.options = options();
    own.username = settings_.username;
    own.password = SecretBuffer(as_bytes(settings_.password));
    own.peer_info = key_id == 0 ? personality.peer_info : personality.peer_info_renegotiated;
    // Two keys live: the present one and the one being agreed; an older one goes now.
    if (old_key_) {
        tunnel_.send_with(current_key_);
        send_with_current_at_.reset();
        tunnel_.retire(*old_key_);
        old_key_.reset();
    }
    while (negotiations_.size() > 1) negotiations_.pop_front();
    return negotiations_.emplace_back(habits_of(key_id), key_id, settings_.tls->make(),
                                      std::move(own), now);
}

ControlHabits ClientEngine::habits_of(wire::KeyId key_id) const {
    ControlHabits habits = settings_.personality->control;
    habits.piece_octets_max -= habits.wrapping_makes_it_less * envelope_.reckoned_octets();
    if (settings_.stream) habits.piece_octets_max -= habits.less_on_streams;
    if (!envelope_.wraps(key_id)) habits.acks_alone = habits.acks_alone_unwrapped;
    return habits;
}

std::string ClientEngine::options() const {
    const ClientWrapping& wrapping = settings_.wrapping;
    return options_string(*settings_.personality,
                          {.stream = settings_.stream,
                           .tls_auth = wrapping.kind == KnownWrapping::tls_auth,
                           .directed = wrapping.direction != crypto::KeyDirection::both});
}

Negotiation* ClientEngine::find(wire::KeyId key_id) {
    const auto found = std::ranges::find(negotiations_, key_id, &Negotiation::key_id);
    return found == negotiations_.end() ? nullptr : &*found;
}

void ClientEngine::receive(MutableBytes datagram, Instant now) {
    if (over_) return;
    if (const auto inner = receive_in_place(datagram, now)) tunnel_.keep(*inner);
    flush(now);
}

std::optional<MutableBytes> ClientEngine::receive_in_place(MutableBytes datagram, Instant now) {
    if (over_) return std::nullopt;
    const auto first = wire::peek(datagram);
    if (first && wire::is_data(first->opcode)) return receive_data(datagram, now);
    if (first)
        receive_control(datagram, now);
    else
        ++dropped_;
    flush(now);
    return std::nullopt;
}

std::optional<MutableBytes> ClientEngine::receive_data(MutableBytes datagram, Instant now) {
    const auto opened = tunnel_.open(datagram, now);
    if (!opened) {
        ++dropped_;
        return std::nullopt;
    }
    if (opened->kind == wire::InBand::none) return opened->payload;
    if (opened->kind == wire::InBand::occ_exit)
        end(Why::server_left, "exit notice");
    else if (opened->kind == wire::InBand::occ_request)
        send_payload(wire::occ_reply_payload(options()), now);
    return std::nullopt;
}

void ClientEngine::receive_control(Bytes datagram, Instant now) {
    const auto plain = envelope_.unwrap(datagram);
    const auto packet = plain ? wire::decode_control_packet(*plain)
                              : wire::Decoded<wire::ControlPacket>(unexpected(Cause::malformed));
    Negotiation* negotiation = packet && accept_sender(*packet) ? meant_by(*packet, now) : nullptr;
    if (!negotiation) {
        ++dropped_;
        return;
    }
    tunnel_.heard(now);
    negotiation->reliability.acknowledged(packet->acks);
    if (!packet->packet_id) return;
    const bool is_reset = packet->opcode == wire::Opcode::hard_reset_server_v2 ||
                          packet->opcode == wire::Opcode::soft_reset_v1;
    const Bytes payload = is_reset ? Bytes() : packet->payload;
    if (!negotiation->reliability.accept(*packet->packet_id, payload)) {
        ++dropped_;
        return;
    }
    if (is_reset) {
        const auto flags = wire::decode_reset_flags(packet->payload);
        if (flags && flags->resend_wrapped_key) envelope_.show_key_again();
    }
    if (is_reset && !negotiation->tls_started()) {
        // Old clients acknowledge first and start TLS in the next turn of their loop.
        if (settings_.personality->control.lone_ack_after_reset) flush(now);
        negotiation->start_tls();
    }
    progress(*negotiation, now);
}

bool ClientEngine::accept_sender(const wire::ControlPacket& packet) {
    if (packet.acks.count > 0 && packet.receiver != own_) return false;
    if (heard_server_) return packet.sender == server_;
    if (packet.opcode != wire::Opcode::hard_reset_server_v2 || packet.acks.count == 0) return false;
    heard_server_ = true;
    server_ = packet.sender;
    return true;
}

Negotiation* ClientEngine::meant_by(const wire::ControlPacket& packet, Instant now) {
    if (Negotiation* known = find(packet.key_id)) return known;
    const bool next = packet.opcode == wire::Opcode::soft_reset_v1 && connected() &&
                      packet.key_id == wire::next_key_id(negotiations_.back().key_id) &&
                      negotiations_.back().keys_agreed();
    if (!next) return nullptr;
    Negotiation& negotiation = begin(packet.key_id, now);
    if (settings_.personality->answers_soft_reset) {
        negotiation.reliability.queue(wire::Opcode::soft_reset_v1, {});
    }
    return &negotiation;
}

void ClientEngine::progress(Negotiation& negotiation, Instant now) {
    const bool agreed_before = negotiation.keys_agreed();
    negotiation.read_arrived();
    if (const auto& failure = negotiation.failure()) return end(Why::tls_failed, *failure);
    if (negotiation.keys_agreed() && !agreed_before) finish_keys(negotiation, now);
    while (const auto message = negotiation.next_message()) on_message(*message, now);
}

void ClientEngine::finish_keys(Negotiation& negotiation, Instant now) {
    if (negotiation.key_id == 0) {
        push_request_at_ = now + settings_.personality->push_request_after;
        return;
    }
    use_keys(negotiation, now);
    old_key_ = current_key_;
    old_key_ends_ = now + settings_.transition_window;
    current_key_ = negotiation.key_id;
    send_with_current_at_ = negotiation.started + settings_.new_key_sends_after;
    if (settings_.personality->dynamic_for_all) envelope_.use_dynamic_for_all();
    events_.emplace_back(Renegotiated{negotiation.key_id});
}

void ClientEngine::use_keys(const Negotiation& negotiation, Instant now) {
    tunnel_.install(
        negotiation.key_id,
        {.suite = suite_,
         .digest = settings_.wrapping.digest,
         .block = negotiation.key_block(pushed_->exported_keys, own_, server_),
         .side = crypto::Side::client,
         .format = pushed_->data_epoch ? crypto::DataFormat::epoch : crypto::DataFormat::classic,
         .limits = settings_.key_limits});
    if (settings_.renegotiate_every > Duration{})
        renegotiate_at_ = now + settings_.renegotiate_every;
}

void ClientEngine::on_message(std::string_view text, Instant now) {
    const wire::ControlMessage message = wire::parse_control_message(text);
    switch (message.kind) {
        case wire::MessageKind::push_reply:
            return on_push_reply(message.argument, now);
        case wire::MessageKind::push_update:
            return on_push_update(message.argument);
        case wire::MessageKind::auth_failed:
            return end(Why::refused, message.argument);
        case wire::MessageKind::restart:
            return end(Why::told_to_restart, message.argument);
        case wire::MessageKind::halt:
            return end(Why::told_to_halt, message.argument);
        case wire::MessageKind::exit:
            return end(Why::server_left, message.argument);
        default:
            return;
    }
}

void ClientEngine::on_push_reply(std::string_view argument, Instant now) {
    auto pushed = push_reader_.read(argument);
    if (!pushed || pushed_) return;  // a later one only renews tokens
    const std::string_view name =
        pushed->cipher.empty() ? settings_.personality->own_cipher : pushed->cipher;
    const auto suite = crypto::cipher_suite_of(name);
    if (!suite) return end(Why::unsupported, argument);
    suite_ = *suite;
    pushed_ = std::move(pushed);
    push_request_at_.reset();
    const Negotiation& first = negotiations_.front();
    if (pushed_->dynamic_tls_crypt && first.dynamic_tls_crypt())
        envelope_.begin_dynamic(*first.dynamic_tls_crypt());
    tunnel_.frame_by(settings_.ignores_pushed_framing
                         ? settings_.personality->framing
                         : pushed_->framing.value_or(settings_.personality->framing));
    tunnel_.start(pushed_->peer_id, pushed_->ping, pushed_->ping_restart, now);
    use_keys(first, now);
    tunnel_.send_with(0);
    events_.emplace_back(Connected{*pushed_});
}

void ClientEngine::on_push_update(std::string_view argument) {
    if (!pushed_ || !settings_.personality->takes_updates) return;
    switch (update_reader_.read(argument, *pushed_)) {
        case UpdateReader::Result::more_follows:
            return;
        case UpdateReader::Result::done:
            events_.emplace_back(Updated{*pushed_});
            return;
        case UpdateReader::Result::offending:
            return end(Why::unsupported, argument);
    }
}

void ClientEngine::from_tunnel(Bytes packet, Instant now) {
    if (!connected() || leaving_) return;
    send_payload(packet, now);
    if (tunnel_.key_limit_near() && !send_with_current_at_) renegotiate(now);
}

void ClientEngine::renegotiate(Instant now) {
    if (!connected() || !negotiations_.back().keys_agreed()) return;
    renegotiate_at_.reset();
    begin(wire::next_key_id(negotiations_.back().key_id), now)
        .reliability.queue(wire::Opcode::soft_reset_v1, {});
    flush(now);
}

/// openvpn3 says goodbye under the key that it still sends with.
Negotiation* ClientEngine::control_negotiation() {
    const bool still_old = settings_.personality->dynamic_for_all && send_with_current_at_ &&
                           old_key_ && find(*old_key_);
    return find(still_old ? *old_key_ : current_key_);
}

void ClientEngine::leave(Instant now) {
    if (over_ || leaving_) return;
    if (!connected()) return end(Why::left, "");
    leaving_ = true;
    if (pushed_->control_exit) {
        Negotiation* used = control_negotiation();
        if (used) used->send_message("EXIT");
        goodbye_at_ = now + 5s;
    } else {
        exits_left_ = settings_.personality->occ_exits;
        goodbye_at_ = now;
    }
    reach_goodbye(now);
    flush(now);
}

void ClientEngine::reach(Instant now) {
    if (over_) return;
    reach_handshake(now);
    if (!over_ && connected()) reach_keys(now);
    if (!over_) reach_goodbye(now);
    if (!over_) flush(now);
}

void ClientEngine::reach_handshake(Instant now) {
    if (!heard_server_ && now >= started_ + settings_.personality->gives_up_unanswered_after)
        return end(Why::unanswered, "");
    if (!pushed_ && now >= started_ + settings_.hand_window) return end(Why::handshake_timeout, "");
    if (push_request_at_ && now >= *push_request_at_) {
        negotiations_.front().send_message("PUSH_REQUEST");
        push_request_at_ = now + settings_.personality->push_request_every;
    }
    const Negotiation& newest = negotiations_.back();
    if (newest.key_id != 0 && !newest.keys_agreed() &&
        now >= newest.started + settings_.hand_window)
        end(Why::handshake_timeout, "renegotiation");
}

void ClientEngine::reach_keys(Instant now) {
    if (tunnel_.is_silent(now)) return end(Why::silence, "");
    if (send_with_current_at_ && now >= *send_with_current_at_) {
        send_with_current_at_.reset();
        tunnel_.send_with(current_key_);
    }
    if (old_key_ && now >= old_key_ends_ && !send_with_current_at_) {
        tunnel_.retire(*old_key_);
        old_key_.reset();
    }
    if (renegotiate_at_ && now >= *renegotiate_at_) renegotiate(now);
    if (tunnel_.wants_ping(now)) send_payload(wire::ping_payload(), now);
}

void ClientEngine::reach_goodbye(Instant now) {
    if (!leaving_ || !goodbye_at_) return;
    if (pushed_->control_exit) {
        const Negotiation* used = control_negotiation();
        const bool heard = used && used->reliability.everything_acknowledged();
        if (heard || now >= *goodbye_at_) end(Why::left, "");
        return;
    }
    if (now < *goodbye_at_) return;
    if (exits_left_ == 0) return end(Why::left, "");
    --exits_left_;
    goodbye_at_ = now + 1s;
    send_payload(wire::occ_exit_payload(), now);
}

std::optional<MutableBytes> ClientEngine::seal(MutableBytes packet, std::size_t payload_octets,
                                               Instant now) {
    if (!connected() || leaving_) return std::nullopt;
    auto datagram = tunnel_.seal_in_place(packet, payload_octets, now);
    if (!datagram && leave_old_key()) datagram = tunnel_.seal_in_place(packet, payload_octets, now);
    if (tunnel_.key_limit_near() && !send_with_current_at_) renegotiate(now);
    return datagram;
}

void ClientEngine::send_payload(Bytes payload, Instant now) {
    auto datagram = tunnel_.seal(payload, now);
    if (!datagram && leave_old_key()) datagram = tunnel_.seal(payload, now);
    if (datagram) datagrams_.push_back(std::move(*datagram));
}

/// The old key is kept for a while after a renegotiation, but not beyond its end.
bool ClientEngine::leave_old_key() {
    if (!send_with_current_at_) return false;
    send_with_current_at_.reset();
    tunnel_.send_with(current_key_);
    return true;
}

void ClientEngine::flush(Instant now) {
    if (over_) return;
    for (Negotiation& negotiation : negotiations_) {
        Reliability& reliability = negotiation.reliability;
        while (const auto due = reliability.next_due(now)) {
            wire::ControlPacket packet;
            packet.opcode = due->opcode;
            packet.packet_id = due->packet_id;
            packet.payload = due->payload;
            if (heard_server_) packet.acks = reliability.take_acks(false);
            send_control(negotiation, packet);
        }
        while (heard_server_ && reliability.owes_acks()) {
            wire::ControlPacket packet;
            packet.opcode = wire::Opcode::ack_v1;
            packet.acks = reliability.take_acks(true);
            send_control(negotiation, packet);
        }
    }
}

void ClientEngine::send_control(Negotiation& negotiation, const wire::ControlPacket& packet) {
    wire::ControlPacket whole = packet;
    whole.key_id = negotiation.key_id;
    whole.sender = own_;
    whole.receiver = server_;
    if (must_show_key(whole)) whole.opcode = wire::Opcode::control_wkc_v1;
    datagrams_.push_back(envelope_.wrap(negotiation.key_id, wire::encode(whole)));
    if (settings_.watches) settings_.watches(whole, datagrams_.back());
}

/// The first packet behind the hello, also when it is repeated.
bool ClientEngine::must_show_key(const wire::ControlPacket& packet) const {
    return envelope_.shows_key() && packet.key_id == 0 && packet.packet_id == 1U &&
           packet.opcode == wire::Opcode::control_v1;
}

void ClientEngine::end(Why why, std::string_view text) {
    if (over_) return;
    over_ = true;
    events_.emplace_back(Over{why, std::string(text)});
}

std::optional<Buffer> ClientEngine::next_datagram() {
    if (datagrams_.empty()) return std::nullopt;
    Buffer datagram = std::move(datagrams_.front());
    datagrams_.pop_front();
    return datagram;
}

std::optional<ClientEvent> ClientEngine::next_event() {
    if (events_.empty()) return std::nullopt;
    ClientEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

std::optional<Instant> ClientEngine::next_deadline() const {
    if (over_) return std::nullopt;
    std::optional<Instant> at;
    for (const Negotiation& negotiation : negotiations_)
        earliest(at, negotiation.reliability.next_deadline());
    earliest(at, push_request_at_);
    if (!heard_server_) earliest(at, started_ + settings_.personality->gives_up_unanswered_after);
    if (!pushed_) earliest(at, started_ + settings_.hand_window);
    const Negotiation& newest = negotiations_.back();
    if (newest.key_id != 0 && !newest.keys_agreed())
        earliest(at, newest.started + settings_.hand_window);
    if (connected()) {
        earliest(at, tunnel_.silence_end());
        earliest(at, tunnel_.ping_due());
        earliest(at, send_with_current_at_);
        earliest(at, renegotiate_at_);
        if (old_key_) earliest(at, old_key_ends_);
    }
    earliest(at, goodbye_at_);
    return at;
}

}  // namespace kanmon::client
