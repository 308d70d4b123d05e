// Packets of a few clients in both directions: what is told of runs is what is told of each packet.
#include "dataplane/shard/observing.h"

#include <cstdlib>

namespace {

using namespace kanmon;
using routing::Way;

void require(bool holds) {
    if (!holds) std::abort();
}

constexpr std::uint32_t clients = 4, rows = 16;

}  // namespace

/// Each packet: a length, who and how (client in the low bits, way, denied, seconds passed),
/// octets.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    flows::Observer by_runs(clients, {1, 2}, rows), one_by_one(clients, {1, 2}, rows);
    shard::Observing observing(by_runs);
    ByteReader in(std::as_bytes(std::span(data, size)));
    Instant now = instant_of(1'000'000'000);
    while (in.remaining() > 2) {
        const std::size_t octets = in.u8();
        const std::uint8_t how = in.u8();
        Buffer packet = copy_of(in.bytes(std::min(octets, in.remaining())));
        const auto inner = routing::read_inner_packet(packet);
        if (!inner) continue;
        const std::uint32_t client = how % clients;
        const Way way = (how & 4) != 0 ? Way::to_client : Way::from_client;
        const auto denied = (how & 8) != 0 ? std::optional(Cause::access_denied) : std::nullopt;
        now += std::chrono::seconds(how >> 4);
        observing.note(client, *inner, way, 1, denied, now);
        if (auto seen = shard::sighting_of(*inner, way)) {
            seen->denied = denied;
            one_by_one.note(client, *seen, now);
        }
    }
    require(by_runs.size() <= rows);
    for (std::uint32_t client = 0; client < clients; ++client)
        require(by_runs.flows_of(client) == one_by_one.flows_of(client));
    return 0;
}
