// Who signed a request. Both signatures end in the same credential, window and nonce book.
//
// Promises: nothing is remembered of a request whose signature is wrong, so nobody without the
//           secret can use up a nonce or fill the book.
// Owner:    any thread.
#pragma once

#include "base/random.h"
#include "controlplane/api/form.h"
#include "controlplane/api/http_request.h"
#include "controlplane/api/nonce_book.h"
#include "controlplane/usecases/accounts.h"

namespace kanmon::api {

struct SignedCall {
    usecases::Credential credential;
    std::string action;
    std::string version;
};

class Authentication {
public:
    Authentication(usecases::Accounts& accounts, Random& random)
        : accounts_(accounts), nonces_(Secret<32>(random.array<32>())) {}

    /// `query`: of the query alone; `all`: of the query and the body.
    /// MissingAccessKeyId, InvalidAccessKeyId.NotFound (404), IncompleteSignature,
    /// SignatureDoesNotMatch, SignatureNonceUsed, InvalidTimeStamp.Expired, Missing<Name>.
    model::Outcome<SignedCall> check(const HttpRequest& request, const Parameters& query,
                                     const Parameters& all, UnixTime now);

private:
    model::Outcome<SignedCall> check_header(const HttpRequest& request, const Parameters& query,
                                            UnixTime now);
    model::Outcome<SignedCall> check_parameters(const HttpRequest& request, const Parameters& all,
                                                UnixTime now);

    usecases::Accounts& accounts_;
    NonceBook nonces_;
};

}  // namespace kanmon::api
