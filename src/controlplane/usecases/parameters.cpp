#include "controlplane/usecases/parameters.h"

#include "base/escape.h"

namespace kanmon::usecases {

Parameters& Parameters::add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += '\n';
    text_ += name;
    text_ += '=';
    text_ += escaped(value, 2048);
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
