// The Internet checksum: the ones' complement of the sum of all 16-bit words. Source: RFC 1071.
#pragma once

#include "base/address.h"
#include "base/bytes.h"

namespace kanmon::routing {

class InternetSum {
public:
    void word(std::uint32_t value) { sum_ += value; }

    /// Each piece but the last must have an even length.
    void add(Bytes octets) {
        for (std::size_t i = 0; i + 1 < octets.size(); i += 2)
            sum_ += std::to_integer<std::uint32_t>(octets[i]) << 8 |
                    std::to_integer<std::uint32_t>(octets[i + 1]);
        if (octets.size() % 2 != 0) sum_ += std::to_integer<std::uint32_t>(octets.back()) << 8;
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
    std::uint64_t sum_ = 0;
};

}  // namespace kanmon::routing
