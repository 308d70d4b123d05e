#include "controlplane/model/outcome.h"

#include <fmt/core.h>

namespace kanmon::model {

Unexpected<Refusal> refuse(std::string_view code, std::string message) {
    return unexpected(Refusal{400, std::string(code), std::move(message)});
}

Unexpected<Refusal> illegal(std::string_view parameter, std::string message) {
    return refuse(fmt::format("IllegalParam.{}", parameter), std::move(message));
}

Unexpected<Refusal> missing(std::string_view parameter) {
    return refuse(fmt::format("Missing{}", parameter),
                  fmt::format("The parameter {} is required and was not given.", parameter));
}

Unexpected<Refusal> not_found(std::string_view code, std::string_view what, std::string_view id) {
    return unexpected(Refusal{404, std::string(code), fmt::format("There is no {} {}.", what, id)});
}

Unexpected<Refusal> forbidden(std::string message) {
    return unexpected(Refusal{403, "Forbidden", std::move(message)});
}

Unexpected<Refusal> unsupported(std::string message) {
    return refuse("UnsupportedOperation", std::move(message));
}

Unexpected<Refusal> throttled(std::string_view code, std::string message, Duration retry_after) {
    return unexpected(Refusal{429, std::string(code), std::move(message), retry_after});
}

Unexpected<Refusal> signature_used() {
    return refuse("SignatureNonceUsed",
                  "This nonce was used before; each request needs a new one.");
}

Unexpected<Refusal> unavailable(std::string message) {
    return unexpected(Refusal{503, "ServiceUnavailable", std::move(message)});
}

}  // namespace kanmon::model
