// The one field codec of the bridge: each structure lists its fields once, for both directions.
//
// A description is `template <class Codec> void fields(Codec& codec, T& value)` and calls the
// functions below in wire order; FieldEncoder writes what FieldDecoder reads.
//
// Promises: the decoder never reads outside its octets and never reserves room that the octets
//           left could not fill; a value outside its bounds is refused, never clipped.
// Limits:   an encoder that meets a text or list above its bound yields no octets at all, which
//           every decoder refuses and `PacketSocket::send` does not send. Nothing is ever cut.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/secret.h"
#include "base/time.h"

namespace kanmon::bridge {

class FieldEncoder {
public:
    static constexpr bool decoding = false;

    template <std::unsigned_integral T>
    void number(const T& value) {
        if constexpr (sizeof(T) == 1) out_.u8(value);
        if constexpr (sizeof(T) == 2) out_.u16(value);
        if constexpr (sizeof(T) == 4) out_.u32(value);
        if constexpr (sizeof(T) == 8) out_.u64(value);
    }

    void signed_number(const std::int32_t& value) { out_.u32(static_cast<std::uint32_t>(value)); }

    template <std::unsigned_integral T>
    void bounded(const T& value, T least, T most) {
        if (value < least || value > most) ok_ = false;
        number(value);
    }

    void truth(const bool& value) { out_.u8(value ? 1 : 0); }

    template <class E>
    void choice(const E& value, E last) {
        bounded(static_cast<std::uint8_t>(value), std::uint8_t{0}, static_cast<std::uint8_t>(last));
    }

    void text(const std::string& value, std::size_t octets_max) {
        octets(as_bytes(value), octets_max);
    }
    void secret(const SecretBuffer& value, std::size_t octets_max) {
        octets(value.view(), octets_max);
    }
    void instant(const Instant& value) {
        out_.u64(static_cast<std::uint64_t>(nanoseconds_of(value)));
    }
    void unix_time(const UnixTime& value) {
        out_.u64(static_cast<std::uint64_t>(seconds_of(value)));
    }

    /// `least_octets` is the size of the smallest item on the wire.
    template <class T, class Each>
    void list(const std::vector<T>& items, std::size_t count_max, std::size_t, Each each) {
        if (items.size() > count_max) ok_ = false;
        out_.u32(static_cast<std::uint32_t>(items.size()));
        for (const T& item : items) each(*this, item);
    }

    template <class T, class Each>
    void optional(const std::optional<T>& value, Each each) {
        truth(value.has_value());
        if (value) each(*this, *value);
    }

    void require(bool) {}
    void raw(Bytes bytes) { out_.bytes(bytes); }

    /// Empty when a bound was broken or the whole is longer than `octets_max`.
    Buffer finish(std::size_t octets_max) {
        if (!ok_ || out_.size() > octets_max) return {};
        return out_.finish();
    }

private:
    void octets(Bytes value, std::size_t octets_max) {
        if (value.size() > octets_max) {
            ok_ = false;
            value = {};
        }
        out_.u32(static_cast<std::uint32_t>(value.size()));
        out_.bytes(value);
    }

    BufferWriter out_;
    bool ok_ = true;
};

class FieldDecoder {
public:
    static constexpr bool decoding = true;

    explicit FieldDecoder(Bytes octets) : in_(octets) {}

    template <std::unsigned_integral T>
    void number(T& value) {
        if constexpr (sizeof(T) == 1) value = in_.u8();
        if constexpr (sizeof(T) == 2) value = in_.u16();
        if constexpr (sizeof(T) == 4) value = in_.u32();
        if constexpr (sizeof(T) == 8) value = in_.u64();
    }

    void signed_number(std::int32_t& value) { value = static_cast<std::int32_t>(in_.u32()); }

    template <std::unsigned_integral T>
    void bounded(T& value, T least, T most) {
        number(value);
        require(value >= least && value <= most);
    }

    void truth(bool& value) {
        const std::uint8_t octet = in_.u8();
        require(octet <= 1);
        value = octet == 1;
    }

    template <class E>
    void choice(E& value, E last) {
        const std::uint8_t octet = in_.u8();
        require(octet <= static_cast<std::uint8_t>(last));
        value = in_range_ ? static_cast<E>(octet) : E{};
    }

    void text(std::string& value, std::size_t octets_max) { value = as_text(octets(octets_max)); }
    void secret(SecretBuffer& value, std::size_t octets_max) {
        value = SecretBuffer(octets(octets_max));
    }
    void instant(Instant& value) { value = instant_of(static_cast<std::int64_t>(in_.u64())); }
    void unix_time(UnixTime& value) { value = unix_time_of(static_cast<std::int64_t>(in_.u64())); }

    template <class T, class Each>
    void list(std::vector<T>& items, std::size_t count_max, std::size_t least_octets, Each each) {
        const std::size_t count = in_.u32();
        require(count <= count_max);
        if (!in_range_) return;
        if (count > in_.remaining() / least_octets) {
            in_.fail();
            return;
        }
        items.resize(count);
        for (T& item : items) {
            each(*this, item);
            if (!ok()) return;
        }
    }

    template <class T, class Each>
    void optional(std::optional<T>& value, Each each) {
        bool present = false;
        truth(present);
        value.reset();
        if (present && ok()) each(*this, value.emplace());
    }

    /// A meaning-level bound; after the first broken one nothing more is read. A value that only
    /// looks wrong because the octets ended before it is `truncated`, not `out of range`.
    void require(bool holds) {
        if (holds || !in_.ok()) return;
        in_range_ = false;
        in_.fail();
    }

    Bytes raw(std::size_t count) { return in_.bytes(count); }
    bool ok() const { return in_.ok(); }
    bool in_range() const { return in_range_; }
    bool finished() const { return in_.remaining() == 0; }

private:
    Bytes octets(std::size_t octets_max) {
        const std::size_t size = in_.u32();
        require(size <= octets_max);
        return in_.bytes(in_.ok() ? size : 0);
    }

    ByteReader in_;
    bool in_range_ = true;
};

template <class Codec, class T>
requires std::same_as<std::remove_const_t<T>, Ipv4>
void fields(Codec& codec, T& address) {
    codec.number(address.value);
}

template <class Codec, class T>
requires std::same_as<std::remove_const_t<T>, Cidr>
void fields(Codec& codec, T& cidr) {
    fields(codec, cidr.base);
    codec.bounded(cidr.prefix, std::uint8_t{0}, std::uint8_t{32});
    codec.require(cidr.prefix <= 32 && (cidr.base.value & ~cidr.mask()) == 0);
}

template <class Codec, class T>
requires std::same_as<std::remove_const_t<T>, Ipv6>
void fields(Codec& codec, T& address) {
    for (auto& octet : address.octets) codec.number(octet);
}

template <class Codec, class T>
requires std::same_as<std::remove_const_t<T>, Cidr6>
void fields(Codec& codec, T& cidr) {
    fields(codec, cidr.base);
    codec.bounded(cidr.prefix, std::uint8_t{0}, std::uint8_t{128});
    codec.require(cidr.prefix <= 128 && !cidr.has_host_bits());
}

template <class Codec, class T>
requires std::same_as<std::remove_const_t<T>, Endpoint>
void fields(Codec& codec, T& endpoint) {
    fields(codec, endpoint.address);
    codec.number(endpoint.port);
}

}  // namespace kanmon::bridge
