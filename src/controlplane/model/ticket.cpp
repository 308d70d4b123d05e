#include "controlplane/model/ticket.h"

#include <algorithm>

namespace kanmon::model {

namespace {

constexpr std::size_t id_tail_octets = 20;  // two region characters, eighteen random ones
constexpr std::size_t token_digits = 64;

bool is_lower_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}
bool is_lower_hexadecimal(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

std::string ticket_text(const std::string& id, const Secret<32>& token) {
    return id + "." + to_hex(token.view());
}

std::optional<Ticket<void>> read_ticket(std::string_view text, std::string_view prefix) {
    const std::size_t id_octets = prefix.size() + id_tail_octets;
    if (text.size() != id_octets + 1 + token_digits || text[id_octets] != '.') return std::nullopt;
    const std::string_view id = text.substr(0, id_octets);
    if (!id.starts_with(prefix) ||
        !std::ranges::all_of(id.substr(prefix.size()), is_lower_alphanumeric))
        return std::nullopt;
    const std::string_view digits = text.substr(id_octets + 1);
    if (!std::ranges::all_of(digits, is_lower_hexadecimal)) return std::nullopt;
    Ticket<void> ticket{{std::string(id)}, {}};
    Buffer octets = from_hex(digits);
    std::ranges::copy(octets, ticket.token.mutable_view().begin());
    wipe(octets);
    return ticket;
}

}  // namespace kanmon::model
