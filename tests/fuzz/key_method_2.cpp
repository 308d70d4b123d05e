// F8: the first TLS application data. The answer must not depend on how the stream was cut.
#include <cstdlib>

#include "dataplane/wire/key_method_2.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace kanmon;
    const Bytes stream = std::as_bytes(std::span(data, size));
    for (const bool at_record_end : {false, true}) {
        const auto read = wire::decode_client_key_method_2(stream, at_record_end);
        if (!read || !*read) continue;
        if ((*read)->octets > stream.size()) std::abort();
        const Buffer again = wire::encode((*read)->message);
        const auto second = wire::decode_client_key_method_2(again, true);
        if (!second || !*second || (*second)->octets != again.size()) std::abort();
        if (wire::encode((*second)->message) != again) std::abort();
    }
    const auto server = wire::decode_server_key_method_2(stream);
    if (server && *server && (*server)->octets > stream.size()) std::abort();
    return 0;
}
