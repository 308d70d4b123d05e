// The envelope that bridge and broker messages share: magic, version, type, id, body.
//
// The type on the wire is the place of the body in its variant, so the order of a variant is part
// of the format: new bodies go to its end.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "bridge/field_codec.h"
#include "bridge/messages.h"

namespace kanmon::bridge {

/// `Describe` calls `fields(codec, body)` in the scope where the bodies' descriptions stand.
template <class MessageType, class Describe>
Buffer encode_envelope(const MessageType& message, std::uint16_t magic, std::uint8_t version,
                       Describe describe) {
    FieldEncoder out;
    out.number(magic);
    out.number(version);
    out.number(static_cast<std::uint8_t>(message.body.index()));
    out.number(message.id);
    std::visit([&](const auto& body) { describe(out, body); }, message.body);
    return out.finish(message_octets_max);
}

/// Puts the alternative of `type` into `body`; false for a type that does not exist.
template <class Body, std::size_t... Index>
bool choose_body(Body& body, std::uint8_t type, std::index_sequence<Index...>) {
    return ((type == Index && (body.template emplace<Index>(), true)) || ...);
}

/// What is wrong once all fields were read, or nothing.
inline std::optional<MessageError> error_at_end(const FieldDecoder& in) {
    if (!in.in_range()) return MessageError::out_of_range;
    if (!in.ok()) return MessageError::truncated;
    if (!in.finished()) return MessageError::trailing;
    return std::nullopt;
}

template <class MessageType, class Describe>
Expected<MessageType, MessageError> decode_envelope(Bytes octets, std::uint16_t magic,
                                                    std::uint8_t version, Describe describe) {
    if (octets.size() > message_octets_max) return unexpected(MessageError::out_of_range);
    FieldDecoder in(octets);
    std::uint16_t magic_found = 0;
    std::uint8_t version_found = 0;
    std::uint8_t type = 0;
    MessageType message;
    in.number(magic_found);
    in.number(version_found);
    in.number(type);
    in.number(message.id);
    if (!in.ok()) return unexpected(MessageError::truncated);
    if (magic_found != magic) return unexpected(MessageError::wrong_magic);
    if (version_found != version) return unexpected(MessageError::wrong_version);
    using Body = decltype(message.body);
    if (!choose_body(message.body, type, std::make_index_sequence<std::variant_size_v<Body>>{}))
        return unexpected(MessageError::unknown_type);
    std::visit([&](auto& body) { describe(in, body); }, message.body);
    if (const auto error = error_at_end(in)) return unexpected(*error);
    return message;
}

}  // namespace kanmon::bridge
