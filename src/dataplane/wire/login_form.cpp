#include "dataplane/wire/login_form.h"

#include <algorithm>

#include "base/base64.h"
#include "dataplane/wire/text_fields.h"

namespace kanmon::wire {

namespace {

constexpr std::string_view static_prefix = "SCRV1:";
constexpr std::string_view dynamic_prefix = "CRV1::";
constexpr std::string_view dynamic_divider = "::";
constexpr std::size_t prompt_octets_max = 256;
constexpr std::size_t page_octets_max = 245;  // with what stands before the address

bool begins_with(Bytes octets, std::string_view prefix) {
    return text_view(octets).starts_with(prefix);
}

Decoded<SecretBuffer> field_of(Bytes octets) {
    if (octets.size() > login_field_octets_max) return unexpected(Cause::oversize);
    if (std::ranges::find(octets, std::byte{0}) != octets.end())
        return unexpected(Cause::malformed);
    return SecretBuffer(octets);
}

Decoded<SecretBuffer> field_of_base64(std::string_view text) {
    if (text.size() > (login_field_octets_max + 2) / 3 * 4) return unexpected(Cause::oversize);
    auto octets = from_base64(text);
    if (!octets) return unexpected(Cause::malformed);
    auto field = field_of(*octets);
    wipe(*octets);
    return field;
}

std::string printable(std::string_view text) {
    std::string shown(text.substr(0, prompt_octets_max));
    std::ranges::replace_if(
        shown, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return shown;
}

}  // namespace

PasswordForm form_of(Bytes password) {
    if (begins_with(password, token_prefix)) return PasswordForm::token;
    if (begins_with(password, dynamic_prefix)) return PasswordForm::dynamic_response;
    if (begins_with(password, static_prefix)) return PasswordForm::static_response;
    return PasswordForm::plain;
}

Decoded<StaticResponse> decode_static_response(Bytes password) {
    if (!begins_with(password, static_prefix)) return unexpected(Cause::malformed);
    const std::string_view rest = text_view(password).substr(static_prefix.size());
    const std::size_t divider = rest.find(':');
    if (divider == std::string_view::npos) return unexpected(Cause::malformed);
    auto typed = field_of_base64(rest.substr(0, divider));
    if (!typed) return unexpected(typed.error());
    auto code = field_of_base64(rest.substr(divider + 1));
    if (!code) return unexpected(code.error());
    return StaticResponse{std::move(*typed), std::move(*code)};
}

Decoded<DynamicResponse> decode_dynamic_response(Bytes password) {
    if (!begins_with(password, dynamic_prefix)) return unexpected(Cause::malformed);
    const Bytes rest = password.subspan(dynamic_prefix.size());
    const std::size_t divider = text_view(rest).find(dynamic_divider);
    if (divider == std::string_view::npos || divider == 0) return unexpected(Cause::malformed);
    if (divider > challenge_state_octets_max) return unexpected(Cause::oversize);
    auto code = field_of(rest.subspan(divider + dynamic_divider.size()));
    if (!code) return unexpected(code.error());
    return DynamicResponse{std::string(text_view(rest.first(divider))), std::move(*code)};
}

Decoded<SecretBuffer> decode_challenge_response(std::string_view argument) {
    return field_of_base64(argument);
}

std::string dynamic_challenge(std::string_view state, std::string_view username,
                              std::string_view prompt) {
    return "AUTH_FAILED,CRV1:R,E:" + std::string(state) + ":" + to_base64(as_bytes(username)) +
           ":" + printable(prompt);
}

std::string text_challenge(std::string_view prompt) {
    return "INFO_PRE,CR_TEXT:R,E:" + printable(prompt);
}

std::string auth_pending(std::optional<std::uint32_t> timeout_seconds) {
    if (!timeout_seconds) return "AUTH_PENDING";
    return "AUTH_PENDING,timeout " + std::to_string(*timeout_seconds);
}

Decoded<std::string> page_message(PageForm form, std::string_view address) {
    const bool is_address = address.starts_with("https://") && !has_control_character(address) &&
                            address.find(' ') == std::string_view::npos;
    if (!is_address) return unexpected(Cause::malformed);
    std::string message(form == PageForm::web_auth ? "INFO_PRE,WEB_AUTH::" : "INFO_PRE,OPEN_URL:");
    message += address;
    if (message.size() > page_octets_max) return unexpected(Cause::oversize);
    return message;
}

}  // namespace kanmon::wire
