// The built-in directory: the users that an account keeps here.
//
// Promises: a password costs its hash whether the user exists or not, is enabled or not; the hash
//           is computed without the turn, on a worker, a bounded number at a time; a code is good
//           once, whoever tries it twice at the same moment; a recovery code stands in for one,
//           once, of its own user.
#pragma once

#include "controlplane/usecases/identity_source.h"
#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

class Directory final : public IdentitySource {
public:
    explicit Directory(Ports& ports) : ports_(ports) {}

    void check(IdentityQuestion question, IdentityDone done) override;

private:
    IdentityAnswer decide(const IdentityQuestion& question);
    struct Known;
    static IdentityAnswer admitted(const Known& known);
    IdentityAnswer decide_code(const IdentityQuestion& question, const Known& known);
    Outcome<bool> use_code(const IdentityQuestion& question, const model::IdaasUser& user);
    Outcome<bool> use_recovery_code(const IdentityQuestion& question, const model::IdaasUser& user);

    Ports& ports_;
};

/// The sealing context of a user's secret.
std::string totp_context(const model::IdaasUserId& id);

}  // namespace kanmon::usecases
