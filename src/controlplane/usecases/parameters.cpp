#include "controlplane/usecases/parameters.h"

#include "base/escape.h"

namespace kanmon::usecases {

namespace {

/// 500 networks, each at its longest, and what else there may be in one value.
constexpr std::size_t value_octets_max = 32768;

}  // namespace

Parameters& Parameters::add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += '\n';
    text_ += name;
    text_ += '=';
    text_ += escaped(value, value_octets_max);
    return *this;
}

Parameters& Parameters::add(std::string_view name, const std::vector<std::string>& values) {
    add(name, std::string_view());
    for (const std::string& value : values) {
        if (&value != &values.front()) text_ += ',';
        for (const char c : escaped(value, value_octets_max))
            text_ += c == ',' ? std::string("\\x2c") : std::string(1, c);
    }
    return *this;
}

Token token_of(const Call& call, std::string_view action, const Parameters& parameters) {
    return {.client_token = call.client_token,
            .action = std::string(action),
            .parameters = parameters.text(),
            .dry_run = call.dry_run,
            .now = call.now};
}

}  // namespace kanmon::usecases
