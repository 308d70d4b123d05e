// Bearer tokens: made by the holder of an access key for programs, or by logging in with the key's
// secret. A token acts as its key, with its own role, and goes with it.
//
// Promises: a token is shown once and kept as its hash; unknown, altered, ended and removed tokens
//           are refused with the same words; what a key's secret is compared with takes the same
//           time for keys that do not exist.
#pragma once

#include "controlplane/usecases/accounts.h"

namespace kanmon::usecases {

struct CreateBearerToken {
    std::string name;
    std::string role;  // empty: the caller's
    std::int64_t lifetime_seconds = std::int64_t{30} * 24 * 3600;
};
struct BearerTokenCreated {
    model::BearerToken row;
    Secret<32> token;
};

/// Whoever shows a token: as if the key had signed, but with the token's role and no secret.
struct TokenHolder {
    Credential credential;
    model::BearerTokenId token;
};

class BearerTokens {
public:
    explicit BearerTokens(Ports& ports) : ports_(ports) {}

    /// For the caller's key. Forbidden.BearerToken: a token that is no session makes no others.
    /// IllegalParam.Role, IllegalParam.LifetimeSeconds, Resource.QuotaFull;
    /// IllegalParam.ClientToken when repeated, since the token cannot be shown again.
    Outcome<BearerTokenCreated> create(const Call& call, const CreateBearerToken& request);
    /// Those of the account that are alive.
    Outcome<Page<model::BearerToken>> list(const Call& call, const PageRequest& page);
    /// InvalidBearerTokenId.NotFound.
    Outcome<void> remove(const Call& call, const model::BearerTokenId& id);

    /// A session, for whoever knows the key's secret. The key's oldest gives way to a 21st.
    /// InvalidLogin (401).
    Outcome<BearerTokenCreated> log_in(const model::AccessKeyId& key, const SecretBuffer& secret,
                                       const std::string& request_id, UnixTime now);
    /// Ends the token that the caller shows.
    Outcome<void> log_out(const Call& call);

    /// InvalidBearerToken (401). Its use is stored at most once a minute.
    Outcome<TokenHolder> holder(const model::TokenTicket& ticket, UnixTime now);

private:
    Ports& ports_;
};

/// InvalidBearerToken (401).
Refusal no_such_token();

}  // namespace kanmon::usecases
