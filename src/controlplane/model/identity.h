// An identity source of an account (IDaaS instance, idaas-…) and its users, as the built-in
// directory keeps them.
//
// A user name is compared without regard to case and kept in lower case. A password is kept as an
// argon2id hash only; the secret of one-time codes is sealed, since codes are computed from it.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "controlplane/model/id.h"
#include "controlplane/model/outcome.h"

namespace kanmon::model {

struct IdaasInstance {
    IdaasInstanceId id;
    AccountId account;
    std::string name;
    UnixTime created_at{};
    friend bool operator==(const IdaasInstance&, const IdaasInstance&) = default;
};

struct IdaasUser {
    IdaasUserId id;
    AccountId account;
    IdaasInstanceId instance;
    std::string name;  // lower case; unique in the instance
    bool enabled = true;
    std::string password_hash;  // argon2id, encoded
    Buffer sealed_totp;         // 20 octets, sealed; empty: no one-time codes
    UnixTime created_at{};
    UnixTime changed_at{};  // of password, codes or being enabled: older proofs are void
    friend bool operator==(const IdaasUser&, const IdaasUser&) = default;
};

/// ASCII letters in lower case; everything else as it is.
std::string folded_name(std::string_view name);

/// 1-64 letters, digits and . _ - @ +, a letter or digit first. Returns it folded.
/// IllegalParam.UserName.
Outcome<std::string> check_user_name(std::string_view name);
/// 8-128 octets of UTF-8 without control characters that no client would take for something else.
/// IllegalParam.Password.
Outcome<void> check_password(std::string_view password);

// --- recovery codes: for the day on which the phone is gone ---

/// One of a user's ten; kept as its hash only.
struct RecoveryCode {
    RecoveryCodeId id;
    AccountId account;
    IdaasUserId user;
    std::string hash;  // hexadecimal SHA-256 of `recovery_text`
    friend bool operator==(const RecoveryCode&, const RecoveryCode&) = default;
};

inline constexpr std::size_t recovery_codes_count = 10;

/// Sixteen letters and digits that nobody mistakes for each other: 79 bits, "abcd-efgh-jkmn-pqrs".
std::string make_recovery_code(Random& random);
/// What is hashed: whose code it is, and the code without what people add when they type; empty
/// when it can be none.
std::string recovery_text(const IdaasUserId& user, std::string_view typed);

// --- one-time codes: RFC 6238 with SHA-1, 30 seconds, six digits, as every authenticator app ---

inline constexpr std::size_t totp_secret_octets = 20;
inline constexpr std::int64_t totp_step_seconds = 30;
/// Steps before and after the present one whose codes are good too: clocks differ.
inline constexpr std::int64_t totp_drift_steps = 1;

constexpr std::int64_t totp_step(UnixTime now) {
    return seconds_of(now) / totp_step_seconds;
}

/// RFC 4648, section 6, without padding.
std::string base32(Bytes octets);
/// otpauth://totp/ISSUER:USER?secret=…: what an authenticator app scans. Holds the secret.
std::string otpauth_uri(std::string_view issuer, std::string_view user, Bytes secret);

}  // namespace kanmon::model
