// What operators bring along, and what a stranger writes behind /bundle/: authorities, keys,
// revocation lists and tickets of any text.
//
// The first octet chooses. Whatever is taken reads back as the same.
#include <cstdlib>

#include "controlplane/adapters/imported_authority.h"
#include "controlplane/model/bundle_link.h"

namespace {

using namespace kanmon;

const UnixTime now = unix_time_of(1'790'000'000);

void check_authority(const std::string& text) {
    const std::size_t half = text.find('\0');
    const std::string key = half == std::string::npos ? std::string() : text.substr(half + 1);
    const auto read =
        adapters::read_authority(text.substr(0, half), SecretBuffer(as_bytes(key)), now);
    if (!read) return;
    const auto again = adapters::read_authority(read->chain_pem, SecretBuffer(), now);
    if (!again || again->chain_pem != read->chain_pem) std::abort();
    if (model::issuing_certificate(read->chain_pem).empty()) std::abort();
}

void check_list(const std::string& text) {
    const std::size_t half = text.find('\0');
    if (half == std::string::npos) return;
    const auto read =
        adapters::read_revocation_list(text.substr(0, half), text.substr(half + 1), now);
    if (!read) return;
    for (const std::string& serial : read->serials)
        if (serial.empty() || serial.size() > 40) std::abort();
}

void check_ticket(const std::string& text) {
    const auto ticket = model::parse_ticket(text);
    if (ticket && model::ticket_text(*ticket) != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string text = as_text(std::as_bytes(std::span(data, size).subspan(1)));
    switch (data[0] % 3) {
        case 0:
            check_authority(text);
            break;
        case 1:
            check_list(text);
            break;
        default:
            check_ticket(text);
    }
    return 0;
}
