// Pings and OCC messages: every payload has one meaning, and only ours have a meaning at all.
#include <algorithm>
#include <cstdlib>

#include "dataplane/wire/in_band.h"

using namespace kanmon;
using namespace kanmon::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes payload = std::as_bytes(std::span(data, size));
    const InBand kind = classify(payload);
    if ((kind == InBand::ping) != std::ranges::equal(payload, ping_payload())) std::abort();
    const bool has_magic =
        size >= 16 && std::ranges::equal(payload.first(16), occ_exit_payload().first(16));
    if (has_magic == (kind == InBand::none || kind == InBand::ping)) std::abort();
    if (kind == InBand::occ_exit && payload[16] != occ_exit_payload()[16]) std::abort();
    const std::string text(as_text(payload.first(std::min<std::size_t>(size, 512))));
    if (classify(occ_reply_payload(text)) != InBand::occ_reply) std::abort();
    return 0;
}
