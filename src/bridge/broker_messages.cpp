// Fields of the broker messages, in wire order. Shape only: whether a name or an address is
// acceptable is the broker's own question (broker/wanted.h).
#include "bridge/broker_messages.h"

#include "bridge/envelope.h"
#include "bridge/shared_fields.h"

namespace kanmon::bridge {

namespace {

constexpr std::size_t wanted_servers_max = 65536;
constexpr std::size_t wanted_server_octets_least = 4 + 4 + 4 + 4 + 5 + 1 + 2 + 2 + 4 + 1 + 1;
constexpr std::size_t device_octets_max = 15;
constexpr std::size_t namespace_octets_max = 255;
constexpr std::uint16_t queues_max = 64;
constexpr std::uint16_t descriptors_max = queues_max + 1;

template <class Codec, FieldsOf<WantedServer> T>
void fields(Codec& codec, T& server) {
    codec.text(server.server_id, id_octets_max);
    codec.text(server.device, device_octets_max);
    codec.text(server.vpc_namespace, namespace_octets_max);
    bridge::fields(codec, server.server_address);
    bridge::fields(codec, server.client_pool);
    codec.choice(server.topology, Topology::p2p);
    codec.number(server.mtu);
    codec.bounded(server.queues, std::uint16_t{1}, queues_max);
    codec.list(server.listeners, listeners_max, listener_octets, each_by_fields);
    codec.optional(server.client_pool6, each_by_fields);
    codec.truth(server.source_nat);
}

constexpr auto each_server = [](auto& codec, auto& server) { fields(codec, server); };

template <class Codec, FieldsOf<Want> T>
void fields(Codec& codec, T& want) {
    codec.number(want.number);
    codec.list(want.servers, wanted_servers_max, wanted_server_octets_least, each_server);
}

template <class Codec, FieldsOf<WantReady> T>
void fields(Codec& codec, T& ready) {
    codec.number(ready.number);
}

template <class Codec, FieldsOf<BrokerAnswer> T>
void fields(Codec& codec, T& answer) {
    codec.text(answer.problem, text_octets_max);
}

template <class Codec, FieldsOf<OpenTun> T>
void fields(Codec& codec, T& open) {
    codec.text(open.server_id, id_octets_max);
}

template <class Codec, FieldsOf<OpenListener> T>
void fields(Codec& codec, T& open) {
    codec.text(open.server_id, id_octets_max);
    bridge::fields(codec, open.listener);
    codec.bounded(open.sockets, std::uint16_t{1}, queues_max);
}

template <class Codec, FieldsOf<Opened> T>
void fields(Codec& codec, T& opened) {
    codec.bounded(opened.descriptors, std::uint16_t{0}, descriptors_max);
    codec.truth(opened.steered);
}

constexpr auto describe = [](auto& codec, auto& body) { fields(codec, body); };

}  // namespace

Buffer encode(const BrokerMessage& message) {
    return encode_envelope(message, broker_magic, broker_version, describe);
}

Expected<BrokerMessage, MessageError> decode_broker_message(Bytes octets) {
    return decode_envelope<BrokerMessage>(octets, broker_magic, broker_version, describe);
}

Buffer encode(const Want& want) {
    FieldEncoder out;
    out.number(want_magic);
    out.number(want_version);
    fields(out, want);
    return out.finish(want_octets_max);
}

Expected<Want, MessageError> decode_want(Bytes octets) {
    if (octets.size() > want_octets_max) return unexpected(MessageError::out_of_range);
    FieldDecoder in(octets);
    std::uint16_t magic = 0;
    std::uint8_t version = 0;
    in.number(magic);
    in.number(version);
    if (!in.ok()) return unexpected(MessageError::truncated);
    if (magic != want_magic) return unexpected(MessageError::wrong_magic);
    if (version != want_version) return unexpected(MessageError::wrong_version);
    Want want;
    fields(in, want);
    if (const auto error = error_at_end(in)) return unexpected(*error);
    return want;
}

}  // namespace kanmon::bridge
