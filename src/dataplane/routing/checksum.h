// The Internet checksum: the ones' complement of the sum of all 16-bit words. Source: RFC 1071.
#pragma once

#include <algorithm>
#include <bit>

#include "base/address.h"
#include "base/bytes.h"

namespace kanmon::routing {

class InternetSum {
public:
    void word(std::uint32_t value) { sum_ += value; }

    /// Each piece but the last must have an even length. Sums eight octets at a time in the
    /// machine's order, since the sum is the same in any (RFC 1071, section 2).
    void add(Bytes octets) {
        constexpr std::size_t lanes = 4, width = sizeof(std::uint64_t);
        std::array<std::uint64_t, lanes> sums{}, carries{};
        for (; octets.size() >= lanes * width; octets = octets.subspan(lanes * width))
            for (std::size_t lane = 0; lane < lanes; ++lane) {
                const std::uint64_t word = loaded(octets.subspan(lane * width, width));
                sums[lane] += word;
                carries[lane] += sums[lane] < word ? 1U : 0U;
            }
        std::uint64_t sum = 0;
        for (std::size_t lane = 0; lane < lanes; ++lane) sum += folded(sums[lane]) + carries[lane];
        for (; !octets.empty(); octets = octets.subspan(std::min(width, octets.size())))
            sum += folded(loaded(octets.first(std::min(width, octets.size()))));
        const std::uint64_t word = folded(folded(sum));
        sum_ += std::endian::native == std::endian::big ? word : (word & 0xff) << 8 | word >> 8;
    }

    void add(Ipv4 address) { sum_ += (address.value >> 16) + (address.value & 0xffff); }
    void add(const Ipv6& address) { add(std::as_bytes(std::span(address.octets))); }

    /// What stands in the checksum field.
    std::uint16_t finish() const {
        std::uint64_t sum = sum_;
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
        return static_cast<std::uint16_t>(~sum);
    }

private:
    /// What is short of eight octets is filled with zeros.
    static std::uint64_t loaded(Bytes octets) {
        std::uint64_t word = 0;
        std::memcpy(&word, octets.data(), octets.size());
        return word;
    }
    /// To 17 bits, and what has no more than these to 16.
    static std::uint64_t folded(std::uint64_t sum) {
        sum = (sum & 0xffffffff) + (sum >> 32);
        sum = (sum & 0xffff) + (sum >> 16);
        return (sum & 0xffff) + (sum >> 16);
    }

    std::uint64_t sum_ = 0;
};

}  // namespace kanmon::routing
