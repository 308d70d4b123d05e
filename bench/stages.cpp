// What each stage of the packet path costs, one thread, nothing around it.
//
// Usage: stages [--benchmark_filter=seal] [--benchmark_repetitions=7]
//        [--benchmark_min_time=0.1] ...; the column CPU is the one to look at.
#include <benchmark/benchmark.h>

#include <string>

#include "dataplane/crypto/aead.h"

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

}  // namespace

int main(int count, char** words) {
    add_ciphers();
    benchmark::Initialize(&count, words);
    if (benchmark::ReportUnrecognizedArguments(count, words)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
