// What gives its holder something: an id that finds the row and is no secret, and 256 bits from the
// kernel that are kept as their hash only. So a copy of the store opens nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "controlplane/model/id.h"

namespace kanmon::model {

template <class Resource>
struct Ticket {
    Id<Resource> id;
    Secret<32> token;
};

/// The id, a dot and the token in hexadecimal.
std::string ticket_text(const std::string& id, const Secret<32>& token);

/// Nothing unless it is exactly what `ticket_text` makes of an id that begins with `prefix`; of
/// hostile text.
std::optional<Ticket<void>> read_ticket(std::string_view text, std::string_view prefix);

template <class Resource>
std::optional<Ticket<Resource>> read_ticket_of(std::string_view text, std::string_view prefix) {
    auto ticket = read_ticket(text, prefix);
    if (!ticket) return std::nullopt;
    return Ticket<Resource>{{std::move(ticket->id.text)}, ticket->token};
}

}  // namespace kanmon::model
