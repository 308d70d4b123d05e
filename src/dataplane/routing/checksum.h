// The Internet checksum: the ones' complement of the sum of all 16-bit words. Source: RFC 1071.
#pragma once

#include "base/address.h"
#include "base/bytes.h"

namespace kanmon::routing {

/// The sum of the 16-bit words, folded to one; the last of an odd number of octets is a high one.
std::uint16_t sum_of_words(Bytes octets);

class InternetSum {
public:
    void word(std::uint32_t value) { sum_ += value; }

    /// Each piece but the last must have an even length.
    void add(Bytes octets) { sum_ += sum_of_words(octets); }

    void add(Ipv4 address) { sum_ += (address.value >> 16) + (address.value & 0xffff); }
    void add(const Ipv6& address) { add(std::as_bytes(std::span(address.octets))); }

    /// What stands in the checksum field.
    std::uint16_t finish() const {
        std::uint64_t sum = sum_;
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
        return static_cast<std::uint16_t>(~sum);
    }

private:
    std::uint64_t sum_ = 0;
};

}  // namespace kanmon::routing
