// The table of an SSL server's settings beyond the original's: how each is named, read and shown.
//
// API, store and audit log go through it, so a new setting is one row here (and a line in
// docs/api.md and the command line, which tests ask for).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/model/outcome.h"
#include "controlplane/model/server_options.h"

namespace kanmon::model {

enum class OptionForm : std::uint8_t { text, number, flag };

struct ServerOption {
    std::string_view name;  // of the API's parameter
    OptionForm form = OptionForm::text;
    /// Checks the value by itself; check_options knows what must fit what. IllegalParam.<name>.
    Outcome<void> (*write)(ServerOptions& options, std::string_view name, std::string_view text);
    /// Never holds a line break. Written back it gives the same value.
    std::string (*read)(const ServerOptions& options);
};

const std::vector<ServerOption>& server_options();

/// Settings as they were sent, by the names of the table.
using OptionTexts = std::map<std::string, std::string, std::less<>>;

/// Names outside the table are not looked at. The first refusal in the table's order.
Outcome<void> write_options(ServerOptions& options, const OptionTexts& texts);

/// "Name=text\n" for each that differs from `ServerOptions{}`, in the order of the table.
std::string stored_text(const ServerOptions& options);
/// Nothing for a text that `stored_text` cannot have made.
std::optional<ServerOptions> options_of(std::string_view stored);

}  // namespace kanmon::model
