// Who signed a request. Both signatures end in the same credential, window, share and nonce book.
//
// Promises: nothing is remembered of a request whose signature is wrong, so nobody without the
//           secret can use up a nonce, fill the book or take of a key's share; a replayed request
//           takes nothing of it either.
// Owner:    any thread.
#pragma once

#include "base/random.h"
#include "controlplane/api/form.h"
#include "controlplane/api/http_request.h"
#include "controlplane/api/nonce_book.h"
#include "controlplane/api/request_throttle.h"
#include "controlplane/usecases/accounts.h"
#include "controlplane/usecases/call.h"

namespace kanmon::api {

struct SignedCall {
    usecases::Credential credential;
    usecases::SignedRequest request;
    std::string action;
    std::string version;
};

class Authentication {
public:
    Authentication(usecases::Accounts& accounts, RequestThrottle& throttle, Random& random)
        : accounts_(accounts), throttle_(throttle), nonces_(Secret<32>(random.array<32>())) {}

    /// `query`: of the query alone; `all`: of the query and the body.
    /// MissingAccessKeyId, InvalidAccessKeyId.NotFound (404), IncompleteSignature,
    /// SignatureDoesNotMatch, SignatureNonceUsed, InvalidTimeStamp.Expired, Missing<Name>;
    /// Throttling.User (429).
    model::Outcome<SignedCall> check(const HttpRequest& request, const Parameters& query,
                                     const Parameters& all, UnixTime now, Instant boot);

private:
    struct Signed;
    model::Outcome<Signed> check_header(const HttpRequest& request, const Parameters& query,
                                        UnixTime now);
    model::Outcome<Signed> check_parameters(const HttpRequest& request, const Parameters& all,
                                            UnixTime now);

    usecases::Accounts& accounts_;
    RequestThrottle& throttle_;
    NonceBook nonces_;
};

}  // namespace kanmon::api
