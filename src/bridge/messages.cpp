// Fields of the bridge messages, in wire order.
#include "bridge/messages.h"

#include "bridge/envelope.h"
#include "bridge/shared_fields.h"

namespace kanmon::bridge {

namespace {

constexpr auto last_cause = static_cast<Cause>(cause_count - 1);

template <class Codec, FieldsOf<DataHello> T>
void fields(Codec& codec, T& hello) {
    codec.number(hello.process);
    codec.number(hello.snapshot_number);
}

template <class Codec, FieldsOf<LeaseQuestion> T>
void fields(Codec& codec, T& question) {
    bridge::fields(codec, question.lease);
}

template <class Codec, FieldsOf<LeaseFact> T>
void fields(Codec& codec, T& fact) {
    bridge::fields(codec, fact.lease);
    codec.truth(fact.gone);
}

template <class Codec, FieldsOf<ClientFact> T>
void fields(Codec& codec, T& fact) {
    codec.number(fact.session);
    codec.choice(fact.status, ClientStatus::ended);
    codec.text(fact.server_id, id_octets_max);
    codec.text(fact.common_name, text_octets_max);
    bridge::fields(codec, fact.remote);
    codec.choice(fact.transport, Transport::tcp);
    bridge::fields(codec, fact.tunnel_address);
    codec.text(fact.cipher, text_octets_max);
    codec.text(fact.version, text_octets_max);
    codec.text(fact.platform, text_octets_max);
    codec.text(fact.revision, text_octets_max);
    codec.unix_time(fact.connected_at);
    codec.number(fact.received_octets);
    codec.number(fact.sent_octets);
    codec.number(fact.received_packets);
    codec.number(fact.sent_packets);
    codec.choice(fact.cause, last_cause);
}

template <class Codec, FieldsOf<AttemptRecord> T>
void fields(Codec& codec, T& record) {
    codec.unix_time(record.at);
    codec.text(record.server_id, id_octets_max);
    bridge::fields(codec, record.remote);
    codec.number(record.session);
    codec.choice(record.stage, Stage::ended);
    codec.truth(record.refused);
    codec.choice(record.cause, last_cause);
    codec.text(record.common_name, text_octets_max);
    codec.text(record.detail, text_octets_max);
}

template <class Codec, FieldsOf<DropFact> T>
void fields(Codec& codec, T& fact) {
    // Both sides come from one build; another number of causes is another format.
    auto count = static_cast<std::uint16_t>(fact.by_cause.size());
    codec.bounded(count, static_cast<std::uint16_t>(cause_count),
                  static_cast<std::uint16_t>(cause_count));
    for (auto& counter : fact.by_cause) codec.number(counter);
    codec.number(fact.records_lost);
}

template <class Codec, FieldsOf<SnapshotReady> T>
void fields(Codec& codec, T& ready) {
    codec.number(ready.number);
}

template <class Codec, FieldsOf<LeaseAnswer> T>
void fields(Codec& codec, T& answer) {
    codec.truth(answer.granted);
    codec.choice(answer.cause, last_cause);
}

template <class Codec, FieldsOf<Disconnect> T>
void fields(Codec& codec, T& disconnect) {
    codec.number(disconnect.session);
    codec.text(disconnect.server_id, id_octets_max);
    codec.text(disconnect.common_name, text_octets_max);
    codec.choice(disconnect.cause, last_cause);
}

template <class Codec, FieldsOf<ReleaseSlot> T>
void fields(Codec& codec, T& release) {
    codec.text(release.server_id, id_octets_max);
    bridge::fields(codec, release.address);
}

constexpr auto describe = [](auto& codec, auto& body) { fields(codec, body); };

}  // namespace

Buffer encode(const Message& message) {
    return encode_envelope(message, message_magic, message_version, describe);
}

Expected<Message, MessageError> decode_message(Bytes octets) {
    return decode_envelope<Message>(octets, message_magic, message_version, describe);
}

}  // namespace kanmon::bridge
