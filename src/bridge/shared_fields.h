// Field descriptions of the structures that snapshot, bridge messages and broker messages share.
#pragma once

#include "bridge/field_codec.h"
#include "bridge/messages.h"
#include "bridge/snapshot.h"

namespace kanmon::bridge {

/// `T` is `Wanted`, const while encoding and not while decoding.
template <class T, class Wanted>
concept FieldsOf = std::same_as<std::remove_const_t<T>, Wanted>;

inline constexpr std::size_t id_octets_max = 64;  // vss-…, vpn-…
inline constexpr std::size_t listeners_max = 16;  // of one server
inline constexpr std::size_t listener_octets = 1 + 16 + 2;

template <class Codec, FieldsOf<Listener> T>
void fields(Codec& codec, T& listener) {
    codec.choice(listener.transport, Transport::tcp);
    fields(codec, listener.local);
}

template <class Codec, FieldsOf<Lease> T>
void fields(Codec& codec, T& lease) {
    codec.text(lease.server_id, id_octets_max);
    fields(codec, lease.address);
    codec.text(lease.holder, text_octets_max);
    codec.number(lease.session);
    codec.instant(lease.held_until);
}

inline constexpr std::size_t lease_octets_least = 4 + 4 + 4 + 8 + 8;

/// Lists whose items have a description of their own.
inline constexpr auto each_by_fields = [](auto& codec, auto& item) { fields(codec, item); };

}  // namespace kanmon::bridge
