// Octets that must not leak: wiped when they go, compared in constant time, never printable.
#pragma once

#include <array>

#include "base/bytes.h"

namespace kanmon {

/// Overwrites memory in a way the optimiser keeps.
void wipe(MutableBytes bytes);

/// True when both are equal. Its time depends on the lengths only. Different lengths are unequal.
[[nodiscard]] bool constant_time_equal(Bytes left, Bytes right);

template <std::size_t N>
class Secret {
public:
    Secret() = default;
    explicit Secret(const std::array<std::byte, N>& value) : value_(value) {}
    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;
    ~Secret() { wipe(value_); }

    static constexpr std::size_t size() { return N; }
    Bytes view() const { return value_; }
    MutableBytes mutable_view() { return value_; }

    friend bool operator==(const Secret& left, const Secret& right) {
        return constant_time_equal(left.value_, right.value_);
    }

private:
    std::array<std::byte, N> value_{};
};

/// A secret whose length is known at run time only (a private key in PEM, a password).
class SecretBuffer {
public:
    SecretBuffer() = default;
    explicit SecretBuffer(Bytes value) : value_(copy_of(value)) {}
    SecretBuffer(const SecretBuffer&) = default;
    SecretBuffer(SecretBuffer&& other) noexcept : value_(std::move(other.value_)) {}
    SecretBuffer& operator=(const SecretBuffer& other) {
        if (this != &other) {
            wipe(value_);
            value_ = other.value_;
        }
        return *this;
    }
    SecretBuffer& operator=(SecretBuffer&& other) noexcept {
        wipe(value_);
        value_ = std::move(other.value_);
        return *this;
    }
    ~SecretBuffer() { wipe(value_); }

    Bytes view() const { return value_; }
    bool empty() const { return value_.empty(); }
    friend bool operator==(const SecretBuffer& left, const SecretBuffer& right) {
        return constant_time_equal(left.value_, right.value_);
    }

private:
    Buffer value_;
};

/// Wipes the text that it takes.
inline SecretBuffer secret_of(std::string&& text) {
    SecretBuffer secret(as_bytes(text));
    wipe(std::as_writable_bytes(std::span<char>(text)));
    return secret;
}

}  // namespace kanmon
