#include "base/listen_address.h"

#include <charconv>

namespace kanmon {

std::optional<Endpoint> parse_listen_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view port_text = text.substr(colon + 1);
    std::uint16_t port = 0;
    const char* end = port_text.data() + port_text.size();
    const auto [stop, error] = std::from_chars(port_text.data(), end, port);
    if (error != std::errc() || stop != end || port_text.empty()) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        const auto address = parse_ipv6(host.substr(1, host.size() - 2));
        if (!address) return std::nullopt;
        return Endpoint{*address, port};
    }
    const auto address = parse_ipv4(host == "localhost" ? "127.0.0.1" : host);
    if (!address) return std::nullopt;
    return Endpoint::v4(*address, port);
}

}  // namespace kanmon
