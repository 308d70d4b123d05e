// What was seen between one client and one place: evidence for whoever asks why something does not
// work.
//
// Connections to one port of one address are one row, whatever port they come from, and so are all
// echoes between two ends. Plain counters since `first_at`; those of 32 bits stay at their end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "bridge/causes.h"

namespace kanmon::bridge {

/// Of one client.
inline constexpr std::size_t observed_flows_max = 128;

/// What came of the latest TCP connection. None of other protocols.
enum class TcpOutcome : std::uint8_t {
    none,
    unanswered,  // a SYN left, nothing came back
    answered,    // SYN and ACK came back
    refused,     // a reset came back instead
    reset,       // by the side that was asked, after it had answered
    closed       // by the side that was asked, in order
};

struct ObservedFlow {
    Ipv6 remote = {};           // the end that is not the client; IPv4 mapped
    std::uint16_t port = 0;     // TCP, UDP: of the side that was asked; else 0
    std::uint8_t protocol = 0;  // as in the IP header
    bool of_client = true;      // the client asked; else the VPC did
    TcpOutcome outcome = TcpOutcome::none;
    std::optional<Cause> denied_by = {};  // why the gateway refused the latest of `denied`
    std::uint16_t icmp_latest = 0;        // type << 8 | code of the latest error
    std::uint64_t packets_out = 0;        // from the client
    std::uint64_t packets_back = 0;       // to it
    std::uint32_t denied = 0;             // packets that the gateway refused; in neither above
    std::uint32_t opened = 0;             // TCP connections begun; a repeated SYN begins none
    std::uint32_t answered = 0, refused = 0, reset = 0, closed = 0;  // see TcpOutcome
    std::uint32_t icmp_errors = 0;  // that quoted one of these packets
    Instant first_at{}, seen_at{};
    friend bool operator==(const ObservedFlow&, const ObservedFlow&) = default;
};

/// Of one client, latest first: at most `observed_flows_max`.
struct ObservedFlows {
    std::vector<ObservedFlow> flows;
    std::uint32_t displaced = 0;  // rows that gave way to others since the client came
    friend bool operator==(const ObservedFlows&, const ObservedFlows&) = default;
};

}  // namespace kanmon::bridge
