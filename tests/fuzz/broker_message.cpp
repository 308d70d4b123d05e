// F25: octets that a peer on a socket of this machine sends to `decode_broker_message`, or that
// control puts into memory for `decode_want`.
// Whatever is accepted must encode to the very octets it came from: there is one spelling.
#include "bridge/broker_messages.h"

#include <cstdlib>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const kanmon::Bytes octets = std::as_bytes(std::span(data, size));
    const auto decoded = kanmon::bridge::decode_broker_message(octets);
    if (decoded && kanmon::bridge::encode(*decoded) != kanmon::copy_of(octets)) std::abort();
    const auto want = kanmon::bridge::decode_want(octets);
    if (want && kanmon::bridge::encode(*want) != kanmon::copy_of(octets)) std::abort();
    return 0;
}
