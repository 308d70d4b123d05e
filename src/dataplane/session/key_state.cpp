#include "dataplane/session/key_state.h"

namespace kanmon::session {

namespace {

/// As `append`, but leaves no copy behind when the buffer moves.
void append_secret(Buffer& to, Bytes octets) {
    Buffer joined;
    joined.reserve(to.size() + octets.size());
    append(joined, to);
    append(joined, octets);
    wipe(to);
    to = std::move(joined);
}

}  // namespace

KeyState::KeyState(wire::KeyId key_id, std::uint32_t generation,
                   std::unique_ptr<crypto::TlsEngine> engine, std::uint32_t first_id)
    : key_id_(key_id),
      generation_(generation),
      send_(first_id),
      receive_(first_id),
      tls_(std::move(engine)) {}

Expected<bool, Cause> KeyState::receive(const wire::ControlPacket& packet, Instant now) {
    const bool acknowledged = send_.acknowledge(packet.acks, now);
    if (!packet.packet_id) return acknowledged;
    if (!tls_.has_room(receive_.buffered_octets() + packet.payload.size()))
        return unexpected(Cause::queue_full);
    const Receipt receipt = receive_.accept(*packet.packet_id, packet.payload);
    if (receipt == Receipt::outside) return unexpected(Cause::outside_window);
    while (const auto payload = receive_.next_in_order())
        if (!tls_.receive(*payload)) return unexpected(Cause::tls_too_large);
    return acknowledged || receipt == Receipt::fresh;
}

void KeyState::send_reset(wire::Opcode opcode) {
    // A reset is the first packet of a key, so there is room for it.
    static_cast<void>(send_.queue(opcode, {}));
}

std::optional<Buffer> KeyState::next_datagram(const SessionIds& ids, Instant now) {
    wire::ControlPacket packet;
    packet.key_id = key_id_;
    packet.sender = ids.own;
    packet.receiver = ids.peer;
    if (const auto due = send_.next_due(now)) {
        packet.opcode = due->opcode;
        packet.packet_id = due->packet_id;
        packet.payload = due->payload;
        packet.acks = receive_.take_acks(acks_on_control);
        return wire::encode(packet);
    }
    if (!receive_.owes_acks()) return std::nullopt;
    packet.opcode = wire::Opcode::ack_v1;
    packet.acks = receive_.take_acks(acks_alone);
    return wire::encode(packet);
}

TlsProgress advance(TlsWork work) {
    TlsProgress progress{work.key_id, work.generation, std::move(work.engine), {}};
    progress.output = progress.engine->advance(std::move(work.input));
    return progress;
}

std::optional<TlsWork> KeyState::next_tls_work() {
    auto work = tls_.next_work();
    if (!work) return std::nullopt;
    work->key_id = key_id_;
    work->generation = generation_;
    return work;
}

std::optional<TlsFailure> KeyState::finish(TlsProgress progress) {
    crypto::TlsOutput& output = progress.output;
    const bool established_now = output.established && !tls_.established();
    tls_.take_back(std::move(progress.engine), output.established);
    const bool queued = output.ciphertext.empty() || abandoned_ ||
                        send_.queue(wire::Opcode::control_v1, output.ciphertext);
    if (output.failure) return TlsFailure{*output.failure, std::move(output.detail)};
    if (!queued) return TlsFailure{Cause::tls_failed, "the client acknowledges nothing"};
    if (established_now) {
        certificate_ = std::move(output.peer);
        exported_keys_ = std::move(output.data_keys);
        dynamic_tls_crypt_ = std::move(output.dynamic_tls_crypt);
    }
    if (stopped_) return std::nullopt;
    if (!exchanged_)
        append_secret(plaintext_, output.plaintext);
    else if (!messages_.feed(output.plaintext))
        stream_broken_ = true;
    wipe(output.plaintext);
    return std::nullopt;
}

wire::Decoded<std::optional<wire::ClientKeyMethod2>> KeyState::read_key_method_2() {
    if (exchanged_ || plaintext_.empty()) return std::nullopt;
    if (plaintext_.size() > wire::key_method_2_octets_max) return unexpected(Cause::malformed);
    auto read = wire::decode_client_key_method_2(plaintext_, true);
    if (!read) return unexpected(read.error());
    if (!*read) return std::nullopt;
    exchanged_ = true;
    // A client that asks for its options at once (openvpn3) sends that right behind the message.
    if (!messages_.feed(Bytes(plaintext_).subspan((*read)->octets))) stream_broken_ = true;
    wipe(plaintext_);
    plaintext_ = {};
    return std::move((*read)->message);
}

void KeyState::answer_key_method_2(const wire::ClientKeyMethod2& client, const std::string& options,
                                   const SessionIds& ids, Random& random) {
    wire::ServerKeyMethod2 server;
    random.fill(server.random1.mutable_view());
    random.fill(server.random2.mutable_view());
    server.options = options;
    prf_input_ = crypto::PrfInput{.pre_master = client.pre_master,
                                  .client_random1 = client.random1,
                                  .client_random2 = client.random2,
                                  .server_random1 = server.random1,
                                  .server_random2 = server.random2,
                                  .client_session_id = ids.peer.octets,
                                  .server_session_id = ids.own.octets};
    Buffer encoded = wire::encode(server);
    static_cast<void>(tls_.send(SecretBuffer(encoded)));  // the first message: there is room
    wipe(encoded);
}

std::optional<crypto::KeyBlock> KeyState::derive(KeyDerivation derivation) {
    const auto exported = std::exchange(exported_keys_, std::nullopt);
    const auto input = std::exchange(prf_input_, std::nullopt);
    if (derivation == KeyDerivation::tls_ekm) return exported;
    if (!input) return std::nullopt;
    return crypto::derive_by_prf(*input);
}

void KeyState::send_message(std::string_view text) {
    // Refused only when 32 messages wait, because the client takes none: it is past listening.
    static_cast<void>(tls_.send(SecretBuffer(wire::with_nul(text))));
}

wire::Decoded<std::optional<std::string>> KeyState::next_message() {
    auto message = messages_.next();
    if (!message && stream_broken_) return unexpected(Cause::malformed);
    return message;
}

void KeyState::stop_reading() {
    stopped_ = true;
    tls_.stop_reading();
}

void KeyState::abandon() {
    stop_reading();
    abandoned_ = true;
    send_.forget();
}

}  // namespace kanmon::session
