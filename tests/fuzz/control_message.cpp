// F10: control messages. Fed whole or octet by octet, the same messages come out.
#include <cstdlib>

#include "dataplane/wire/control_message.h"
#include "dataplane/wire/in_band.h"

namespace {

using namespace kanmon;

std::vector<std::string> messages_of(Bytes stream, std::size_t piece_octets) {
    wire::MessageSplitter splitter;
    std::vector<std::string> messages;
    while (!stream.empty()) {
        const Bytes piece = stream.first(std::min(piece_octets, stream.size()));
        stream = stream.subspan(piece.size());
        const bool usable = splitter.feed(piece).has_value();
        while (auto message = splitter.next()) messages.push_back(std::move(*message));
        if (!usable) break;
    }
    return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes stream = std::as_bytes(std::span(data, size));
    const auto whole = messages_of(stream, std::max<std::size_t>(size, 1));
    if (whole != messages_of(stream, 1)) std::abort();
    for (const std::string& message : whole) {
        if (message.size() >= wire::control_message_octets_max) std::abort();
        (void)wire::parse_control_message(message);
    }
    (void)wire::classify(stream);
    return 0;
}
