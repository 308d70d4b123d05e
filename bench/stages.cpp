// What each stage of the packet path costs, one thread, nothing around it.
//
// Usage: stages [--benchmark_filter=seal] [--benchmark_repetitions=7]
//        [--benchmark_min_time=0.1] ...; the column CPU is the one to look at.
#include <benchmark/benchmark.h>

#include <string>

#include "dataplane/crypto/aead.h"
#include "dataplane/routing/checksum.h"
#include "dataplane/routing/coalescer.h"
#include "dataplane/routing/super_packet.h"
#include "dataplane/routing/tcp_segment.h"
#include "dataplane/shard/observing.h"

namespace {

using namespace kanmon;
using crypto::AeadBackEnd;
using crypto::CipherSuite;
using crypto::Way;

/// A message that is sealed or opened again and again in place. What is opened fails, since it was
/// opened already: that costs the same.
void run_cipher(benchmark::State& state, AeadBackEnd back_end, CipherSuite suite, Way way) {
    const Buffer key(crypto::key_bits(suite) / 8u, std::byte{1}), additional_data(8);
    const auto cipher = crypto::make_aead_key(back_end, suite, key, way);
    if (cipher == nullptr) return state.SkipWithError("not on this machine");
    Buffer nonce(crypto::aead_nonce_octets), text(static_cast<std::size_t>(state.range(0)));
    std::array<std::byte, crypto::aead_tag_octets> tag{};
    std::uint32_t number = 0;
    for (auto step : state) {
        ByteWriter(nonce).u32(++number);
        if (way == Way::encrypt)
            cipher->seal(nonce, additional_data, text, tag);
        else
            benchmark::DoNotOptimize(cipher->open(nonce, additional_data, text, tag));
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

void add_ciphers() {
    for (const CipherSuite suite :
         {CipherSuite::aes_256_gcm, CipherSuite::aes_128_gcm, CipherSuite::chacha20_poly1305})
        for (const AeadBackEnd back_end : {AeadBackEnd::openssl, AeadBackEnd::ipsec_mb})
            for (const Way way : {Way::encrypt, Way::decrypt}) {
                const std::string name =
                    std::string(way == Way::encrypt ? "seal" : "open") + "/" +
                    std::string(crypto::name_of(suite)) + "/" +
                    (back_end == AeadBackEnd::openssl ? "openssl" : "ipsec_mb");
                benchmark::RegisterBenchmark(
                    name.c_str(),
                    [=](benchmark::State& state) { run_cipher(state, back_end, suite, way); })
                    ->Arg(64)
                    ->Arg(256)
                    ->Arg(512)
                    ->Arg(1400)
                    ->Arg(8192);
            }
}

// --- packets that travel as one ------------------------------------------------------------------

constexpr std::size_t tcp_headers = 20 + 32;

/// A TCP segment over IPv4 with timestamps and right checksums.
Buffer tcp_packet(std::size_t payload, std::uint32_t sequence) {
    BufferWriter out;
    out.u16(0x4500);
    out.u16(static_cast<std::uint16_t>(tcp_headers + payload));
    out.u32(0x00014000);
    out.u32(0x40060000);
    out.u32(0x0a080006);
    out.u32(0xac140001);
    out.u32(0x30390050);
    out.u32(sequence);
    out.u32(1);
    out.u32(0x8010ffff);
    out.u32(0);
    out.bytes(from_hex("0101080a0000000100000002"));
    out.bytes(Buffer(payload, std::byte{0x5a}));
    Buffer packet = out.finish();
    routing::InternetSum sum;
    sum.add(Bytes(packet).first(20));
    ByteWriter(MutableBytes(packet).subspan(10)).u16(sum.finish());
    const auto inner = routing::read_inner_packet(packet);
    ByteWriter(inner->transport().subspan(routing::tcp_checksum_at))
        .u16(routing::transport_checksum(*inner, inner->transport()));
    return packet;
}

void per_segment(benchmark::State& state, std::size_t segments) {
    const double all = static_cast<double>(state.iterations()) * static_cast<double>(segments);
    state.counters["per_segment"] =
        benchmark::Counter(all, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// 60,000 octets into segments of range(0) octets of payload.
void split(benchmark::State& state) {
    const auto payload = static_cast<std::size_t>(state.range(0));
    Buffer packet = tcp_packet(60000 - tcp_headers, 1);
    const routing::Offload offload{routing::Offload::Segments::tcp4,    true, 0,
                                   static_cast<std::uint16_t>(payload), 20,   16};
    Buffer room(2000);
    std::size_t segments = 0;
    for (auto step : state) {
        const auto read = routing::read_super_packet(offload, packet);
        routing::PacketPieces pieces = read->segments();
        for (segments = 0; const auto piece = pieces.next(room); ++segments)
            benchmark::DoNotOptimize(piece->data());
    }
    per_segment(state, segments);
}

struct Sink final : routing::PacketExit {
    void write(const routing::Offload&, Bytes packet) override { octets += packet.size(); }
    std::size_t octets = 0;
};

/// 40 segments of one flow, in one drain.
void coalesce(benchmark::State& state) {
    constexpr std::size_t segments = 40;
    const auto payload = static_cast<std::size_t>(state.range(0));
    std::vector<Buffer> packets;
    for (std::size_t i = 0; i < segments; ++i)
        packets.push_back(tcp_packet(payload, static_cast<std::uint32_t>(i * payload)));
    Sink sink;
    routing::Coalescer coalescer(sink);
    for (auto step : state) {
        for (const Buffer& packet : packets) coalescer.add(packet, true);
        coalescer.flush();
    }
    per_segment(state, segments);
}

void checksum(benchmark::State& state) {
    const Buffer octets(static_cast<std::size_t>(state.range(0)), std::byte{0x5a});
    for (auto step : state) {
        routing::InternetSum sum;
        sum.add(octets);
        benchmark::DoNotOptimize(sum.finish());
    }
}

// --- what clients speak with ---------------------------------------------------------------------

/// Packets of range(0) flows of as many clients in turn; of one, a run.
void observe(benchmark::State& state) {
    const auto count = static_cast<std::uint32_t>(state.range(0));
    flows::Observer observer(65536, {1, 2});
    Buffer packet = tcp_packet(1348, 1);
    const auto inner = routing::read_inner_packet(packet);
    const MutableBytes port = inner->transport().subspan(2, 2);
    shard::Observing observing(observer);
    std::uint32_t next = 0;
    for (auto step : state) {
        ByteWriter(port).u16(static_cast<std::uint16_t>(next));
        observing.note(next % 1000, *inner, routing::Way::from_client, 1, std::nullopt,
                       Instant(Duration(next)));
        if (++next == count) next = 0;
    }
}

BENCHMARK(observe)->Arg(1)->Arg(1000)->Arg(50000);
BENCHMARK(split)->Arg(512)->Arg(1348);
BENCHMARK(coalesce)->Arg(512)->Arg(1348);
BENCHMARK(checksum)->Arg(64)->Arg(1400);

}  // namespace

int main(int count, char** words) {
    add_ciphers();
    benchmark::Initialize(&count, words);
    if (benchmark::ReportUnrecognizedArguments(count, words)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
