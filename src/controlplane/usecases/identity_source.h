// An identity source as a port: the built-in directory (directory.h), later LDAP, RADIUS, OIDC.
// tests/contract/identity_source_contract.h states it as tests.
//
// Asking never waits: the answer comes by `done`, from any thread, at once or in minutes, and only
// `page` is followed by a further one. An adapter that cannot decide says `unavailable`; nothing
// but `accepted` is a yes.
#pragma once

#include <functional>
#include <string>

#include "base/secret.h"
#include "base/time.h"

namespace kanmon::usecases {

enum class ProofWanted : std::uint8_t {
    everything,     // password, and a code where the source or the policy wants one
    password_only,  // the same session again: a code was given
    code_only,      // the password was right a moment ago
    standing        // a token holds: only whether the user may still enter
};

struct IdentityQuestion {
    std::string instance;  // idaas-…
    ProofWanted wanted = ProofWanted::everything;
    bool code_always = false;  // also of users without one: they are refused
    std::string application;   // app_…: only those who are assigned to it; empty: everybody
    std::string username;      // hostile
    SecretBuffer password;     // never empty for `everything` and `password_only`
    SecretBuffer code;         // empty: not given
    UnixTime proven_at{};      // `code_only`, `standing`: a later change of the user voids it
    UnixTime now{};
};

enum class IdentityVerdict : std::uint8_t { accepted, refused, code_wanted, page, unavailable };

struct IdentityAnswer {
    IdentityVerdict verdict = IdentityVerdict::unavailable;
    std::string username;  // accepted, code_wanted: as the source spells it
    std::string text;      // refused: why, for the person; page: its address
    bool expired = false;  // refused: an older proof no longer counts; a full one may be right
    /// refused: who it is was proven, and the application is not for them. Never told before.
    bool unassigned = false;
    friend bool operator==(const IdentityAnswer&, const IdentityAnswer&) = default;
};

using IdentityDone = std::function<void(const IdentityAnswer&)>;

class IdentitySource {
public:
    virtual ~IdentitySource() = default;
    virtual void check(IdentityQuestion question, IdentityDone done) = 0;
};

}  // namespace kanmon::usecases
