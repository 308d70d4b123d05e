// How logins travel: what a password field may hold beside a password, and the messages by which a
// gateway asks for more.
//
//   password field   <password>                                  as typed
//                    SCRV1:<base64 password>:<base64 code>       static challenge of the profile
//                    CRV1::<state id>::<code>                    answer to a dynamic challenge
//                    SESS_ID_AT_<token>                          a token that we gave (auth-token)
//   C>S message      CR_RESPONSE,<base64 code>                   answer to CR_TEXT
//
//   S>C message      AUTH_FAILED,CRV1:R,E:<state id>:<base64 username>:<prompt>
//                    AUTH_PENDING[,timeout <seconds>]
//                    INFO_PRE,CR_TEXT:R,E:<prompt>
//                    INFO_PRE,WEB_AUTH::<address of a page>   or   INFO_PRE,OPEN_URL:<address>
//
// R: a response is required; E: it may be shown while it is typed (a code is of use once).
// Everything received is hostile and secret. Source: wire reference, sections 22 and 25.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "dataplane/wire/opcode.h"

namespace kanmon::wire {

/// Of a user name, of a password, of a code: as the peers' own buffers.
inline constexpr std::size_t login_field_octets_max = 128;
inline constexpr std::size_t challenge_state_octets_max = 64;
inline constexpr std::string_view token_prefix = "SESS_ID_AT_";

enum class PasswordForm : std::uint8_t { plain, static_response, dynamic_response, token };
PasswordForm form_of(Bytes password);

struct StaticResponse {
    SecretBuffer password;
    SecretBuffer code;
};
struct DynamicResponse {
    std::string state;
    SecretBuffer code;
};

/// Errors: `malformed` (not this form, not base64, a NUL inside); `oversize`.
Decoded<StaticResponse> decode_static_response(Bytes password);
Decoded<DynamicResponse> decode_dynamic_response(Bytes password);
/// What follows "CR_RESPONSE,".
Decoded<SecretBuffer> decode_challenge_response(std::string_view argument);

/// Texts for people lose what could end or divide a message.
std::string dynamic_challenge(std::string_view state, std::string_view username,
                              std::string_view prompt);
std::string text_challenge(std::string_view prompt);
std::string auth_pending(std::optional<std::uint32_t> timeout_seconds);

enum class PageForm : std::uint8_t { web_auth, open_url };
/// Errors: `malformed` (an address that is none), `oversize` (clients take 245 octets).
Decoded<std::string> page_message(PageForm form, std::string_view address);

}  // namespace kanmon::wire
