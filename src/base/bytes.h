// Views of octets, and the one reader and the one writer through which network bytes pass.
//
// Promises: no access outside the span, whatever lengths a peer claims. All integers are
// big-endian.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kanmon {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;
using Buffer = std::vector<std::byte>;

/// The octets of a text, borrowed.
inline Bytes as_bytes(std::string_view text) {
    return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

/// The same octets as a text, borrowed; may hold anything: escape before showing.
inline std::string_view text_view(Bytes bytes) {
    return {static_cast<const char*>(static_cast<const void*>(bytes.data())), bytes.size()};
}

/// A copy of the octets as text; may hold NUL and control characters: escape before showing.
inline std::string as_text(Bytes bytes) {
    std::string text(bytes.size(), '\0');
    if (!bytes.empty()) std::memcpy(text.data(), bytes.data(), bytes.size());
    return text;
}

inline Buffer copy_of(Bytes bytes) {
    return {bytes.begin(), bytes.end()};
}

inline void append(Buffer& to, Bytes bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

/// Lower-case hexadecimal.
std::string to_hex(Bytes bytes);

/// Spaces and line ends are skipped. An odd digit count or another character yields an empty
/// buffer.
Buffer from_hex(std::string_view text);

/// Bounds-checked reader. Read first, check once: after a short read every later read yields zeros
/// and `ok` stays false. Borrows the bytes it was given.
class ByteReader {
public:
    explicit ByteReader(Bytes packet) : rest_(packet) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(big_endian(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(big_endian(2)); }
    std::uint32_t u24() { return static_cast<std::uint32_t>(big_endian(3)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(big_endian(4)); }
    std::uint64_t u64() { return big_endian(8); }

    Bytes bytes(std::size_t count) {
        if (count > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const Bytes taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }

    /// Exactly N octets, zeros after a short read.
    template <std::size_t N>
    std::array<std::byte, N> array() {
        std::array<std::byte, N> value{};
        const Bytes taken = bytes(N);
        if (taken.size() == N) std::memcpy(value.data(), taken.data(), N);
        return value;
    }

    Bytes rest() { return bytes(rest_.size()); }
    std::size_t remaining() const { return rest_.size(); }
    bool ok() const { return ok_; }
    /// For a meaning-level error found while reading: every later read fails.
    void fail() {
        ok_ = false;
        rest_ = {};
    }

private:
    std::uint64_t big_endian(std::size_t width) {
        std::uint64_t value = 0;
        for (const std::byte b : bytes(width))
            value = value << 8 | std::to_integer<std::uint64_t>(b);
        return value;
    }

    Bytes rest_;
    bool ok_ = true;
};

/// Writes into a span it does not own. After the span is full, `ok` is false and nothing is
/// written.
class ByteWriter {
public:
    explicit ByteWriter(MutableBytes room) : room_(room) {}

    void u8(std::uint8_t value) { big_endian(value, 1); }
    void u16(std::uint16_t value) { big_endian(value, 2); }
    void u24(std::uint32_t value) { big_endian(value, 3); }
    void u32(std::uint32_t value) { big_endian(value, 4); }
    void u64(std::uint64_t value) { big_endian(value, 8); }

    void bytes(Bytes source) {
        const MutableBytes room = take(source.size());
        if (!room.empty()) std::memcpy(room.data(), source.data(), source.size());
    }

    /// Room to be filled by the caller; empty when it does not fit.
    MutableBytes take(std::size_t count) {
        if (count > room_.size() - used_) {
            ok_ = false;
            return {};
        }
        const MutableBytes taken = room_.subspan(used_, count);
        used_ += count;
        return taken;
    }

    std::size_t size() const { return used_; }
    Bytes written() const { return Bytes(room_).first(used_); }
    bool ok() const { return ok_; }

private:
    void big_endian(std::uint64_t value, std::size_t width) {
        const MutableBytes room = take(width);
        for (std::size_t i = room.size(); i > 0; --i) {
            room[i - 1] = static_cast<std::byte>(value & 0xff);
            value >>= 8;
        }
    }

    MutableBytes room_;
    std::size_t used_ = 0;
    bool ok_ = true;
};

/// As ByteWriter, but grows a Buffer: for messages off the packet path.
class BufferWriter {
public:
    void u8(std::uint8_t value) { big_endian(value, 1); }
    void u16(std::uint16_t value) { big_endian(value, 2); }
    void u24(std::uint32_t value) { big_endian(value, 3); }
    void u32(std::uint32_t value) { big_endian(value, 4); }
    void u64(std::uint64_t value) { big_endian(value, 8); }
    void bytes(Bytes source) { append(buffer_, source); }
    std::size_t size() const { return buffer_.size(); }
    Buffer finish() { return std::move(buffer_); }

private:
    void big_endian(std::uint64_t value, std::size_t width) {
        for (std::size_t i = width; i > 0; --i)
            buffer_.push_back(static_cast<std::byte>(value >> (8 * (i - 1)) & 0xff));
    }

    Buffer buffer_;
};

}  // namespace kanmon
