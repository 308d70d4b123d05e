// Fields of the bridge messages, in wire order.
#include "bridge/messages.h"

#include "bridge/envelope.h"
#include "bridge/shared_fields.h"

namespace kanmon::bridge {

namespace {

constexpr auto last_cause = static_cast<Cause>(cause_count - 1);
constexpr std::size_t methods_max = 16;

constexpr auto each_method = [](auto& codec, auto& word) { codec.text(word, id_octets_max); };
constexpr auto each_signed = [](auto& codec, auto& value) { codec.signed_number(value); };
constexpr auto each_number = [](auto& codec, auto& value) { codec.number(value); };
constexpr auto each_cause = [](auto& codec, auto& cause) { codec.choice(cause, last_cause); };

constexpr auto each_stream_quality = [](auto& codec, auto& stream) {
    codec.number(stream.round_trip_microseconds);
    codec.number(stream.repeated_segments);
};

template <class Codec, FieldsOf<PathQuality> T>
void fields(Codec& codec, T& path) {
    codec.number(path.lost_packets);
    codec.number(path.reordered_packets);
    codec.optional(path.round_trip_microseconds, each_number);
    codec.optional(path.least_round_trip_microseconds, each_number);
    codec.optional(path.stream, each_stream_quality);
}

constexpr auto each_flow = [](auto& codec, auto& flow) {
    bridge::fields(codec, flow.remote);
    codec.number(flow.port);
    codec.number(flow.protocol);
    codec.truth(flow.of_client);
    codec.choice(flow.outcome, TcpOutcome::closed);
    codec.optional(flow.denied_by, each_cause);
    codec.number(flow.icmp_latest);
    codec.number(flow.packets_out);
    codec.number(flow.packets_back);
    codec.number(flow.denied);
    codec.number(flow.opened);
    codec.number(flow.answered);
    codec.number(flow.refused);
    codec.number(flow.reset);
    codec.number(flow.closed);
    codec.number(flow.icmp_errors);
    codec.instant(flow.first_at);
    codec.instant(flow.seen_at);
};
constexpr std::size_t flow_octets_least = 16 + 2 + 1 + 1 + 1 + 1 + 2 + 2 * 8 + 7 * 4 + 2 * 8;

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
    codec.text(fact.username, text_octets_max);
    codec.optional(fact.clock_behind_seconds, each_signed);
    codec.unix_time(fact.connected_at);
    codec.number(fact.received_octets);
    codec.number(fact.sent_octets);
    codec.number(fact.received_packets);
    codec.number(fact.sent_packets);
    codec.number(fact.refused_packets);
    codec.number(fact.oversize_packets);
    codec.number(fact.fragmented_packets);
    codec.number(fact.segment_limit);
    fields(codec, fact.path);
    codec.choice(fact.cause, last_cause);
}

template <class Codec, FieldsOf<LoginQuestion> T>
void fields(Codec& codec, T& question) {
    codec.number(question.session);
    codec.text(question.server_id, id_octets_max);
    codec.text(question.common_name, text_octets_max);
    codec.text(question.username, text_octets_max);
    codec.secret(question.password, text_octets_max);
    codec.secret(question.code, text_octets_max);
    codec.text(question.state, text_octets_max);
    codec.list(question.methods, methods_max, 4, each_method);
    bridge::fields(codec, question.remote);
    codec.choice(question.proof, LoginProof::token);
    codec.unix_time(question.proven_at);
}

template <class Codec, FieldsOf<LoginAnswer> T>
void fields(Codec& codec, T& answer) {
    codec.choice(answer.verdict, LoginVerdict::open_page);
    codec.text(answer.username, text_octets_max);
    codec.choice(answer.cause, last_cause);
    codec.text(answer.text, text_octets_max);
    codec.text(answer.state, text_octets_max);
    codec.number(answer.wait_seconds);
}

template <class Codec, FieldsOf<StrangerStream> T>
void fields(Codec& codec, T& stream) {
    codec.text(stream.server_id, id_octets_max);
    bridge::fields(codec, stream.remote);
}

template <class Codec, FieldsOf<AttemptRecord> T>
void fields(Codec& codec, T& record) {
    codec.unix_time(record.at);
    codec.text(record.server_id, id_octets_max);
    bridge::fields(codec, record.remote);
    codec.choice(record.transport, Transport::tcp);
    codec.number(record.session);
    codec.choice(record.happening, Happening::denied);
    codec.choice(record.stage, Stage::ended);
    codec.choice(record.cause, last_cause);
    codec.truth(record.known);
    codec.text(record.common_name, text_octets_max);
    codec.text(record.username, text_octets_max);
    bridge::fields(codec, record.tunnel_address);
    codec.text(record.cipher, text_octets_max);
    codec.text(record.version, text_octets_max);
    codec.text(record.platform, text_octets_max);
    bridge::fields(codec, record.former);
    codec.number(record.received_octets);
    codec.number(record.sent_octets);
    codec.text(record.detail, text_octets_max);
}

/// Both sides come from one build; another number of counters is another format.
template <class Codec, class Counters>
void counters(Codec& codec, Counters& all) {
    auto count = static_cast<std::uint16_t>(all.size());
    codec.bounded(count, static_cast<std::uint16_t>(all.size()),
                  static_cast<std::uint16_t>(all.size()));
    for (auto& counter : all) codec.number(counter);
}

template <class Codec, FieldsOf<DropFact> T>
void fields(Codec& codec, T& fact) {
    counters(codec, fact.by_cause);
    codec.number(fact.records_lost);
}

constexpr auto each_traffic = [](auto& codec, auto& client) {
    codec.number(client.session);
    counters(codec, client.meters);
};
constexpr std::size_t traffic_octets = 8 + 2 + 8 * client_meter_count;

template <class Codec, FieldsOf<TrafficFact> T>
void fields(Codec& codec, T& fact) {
    codec.list(fact.clients, traffic_clients_max, traffic_octets, each_traffic);
}

template <class Codec, FieldsOf<ServerFact> T>
void fields(Codec& codec, T& fact) {
    codec.text(fact.server_id, id_octets_max);
    codec.number(fact.online);
    codec.number(fact.half_open);
    counters(codec, fact.meters);
    counters(codec, fact.drops);
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

template <class Codec, FieldsOf<FlowQuestion> T>
void fields(Codec& codec, T& question) {
    codec.number(question.session);
}

template <class Codec, FieldsOf<FlowAnswer> T>
void fields(Codec& codec, T& answer) {
    codec.truth(answer.known);
    codec.list(answer.seen.flows, observed_flows_max, flow_octets_least, each_flow);
    codec.number(answer.seen.displaced);
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
