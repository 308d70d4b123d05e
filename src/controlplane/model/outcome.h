// The answer of everything in the control plane: a value, or a refusal the caller can act on.
//
// `code` and `http_status` are part of the public contract (docs of the API, section error codes);
// `message` is for people: it names both things that clash and a value that would work.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace kanmon::model {

struct Refusal {
    int http_status = 400;
    std::string code;        // "Resource.QuotaFull"
    std::string message;     // one sentence
    Duration retry_after{};  // when the same would be taken; zero: waiting does not help
    friend bool operator==(const Refusal&, const Refusal&) = default;
};

template <class T>
using Outcome = Expected<T, Refusal>;

/// 400 with this code.
Unexpected<Refusal> refuse(std::string_view code, std::string message);
/// 400 IllegalParam.<parameter>.
Unexpected<Refusal> illegal(std::string_view parameter, std::string message);
/// 400 Missing<parameter>.
Unexpected<Refusal> missing(std::string_view parameter);
/// 404 with this code; the same words for "is not there" and "belongs to somebody else".
Unexpected<Refusal> not_found(std::string_view code, std::string_view what, std::string_view id);
/// 403 Forbidden.
Unexpected<Refusal> forbidden(std::string message);
/// 400 UnsupportedOperation: the original has it, an installation of one's own cannot mean it.
Unexpected<Refusal> unsupported(std::string message);
/// 429 with this code: too much at a time.
Unexpected<Refusal> throttled(std::string_view code, std::string message, Duration retry_after);
/// 400 SignatureNonceUsed: the very same signed request was taken before.
Unexpected<Refusal> signature_used();
/// 503 ServiceUnavailable: the store or an engine is away.
Unexpected<Refusal> unavailable(std::string message);

}  // namespace kanmon::model
