// F9: what a client says about itself, and its options string. The limits hold for any text.
#include <cstdlib>

#include "dataplane/wire/peer_info.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace kanmon;
    const std::string text = as_text(std::as_bytes(std::span(data, size)));
    const wire::PeerInfo info = wire::parse_peer_info(text);
    for (const std::string* value :
         {&info.version, &info.platform, &info.sso, &info.gui, &info.revision})
        if (value->size() > 256) std::abort();
    if (info.ciphers.size() > 32) std::abort();
    if (wire::parse_options_string(text).cipher.size() > 256) std::abort();
    return 0;
}
