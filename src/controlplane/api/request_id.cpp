#include "controlplane/api/request_id.h"

namespace kanmon::api {

std::string make_request_id(Random& random) {
    auto octets = random.array<16>();
    octets[6] = (octets[6] & std::byte{0x0f}) | std::byte{0x40};  // version 4
    octets[8] = (octets[8] & std::byte{0x3f}) | std::byte{0x80};
    std::string text = to_hex(octets);
    for (char& c : text)
        if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, "-");
    return text;
}

}  // namespace kanmon::api
