#include "dataplane/session/auth_token.h"

#include <algorithm>

#include "base/base64.h"
#include "dataplane/crypto/hmac.h"
#include "dataplane/wire/login_form.h"

namespace kanmon::session {

namespace {

constexpr std::size_t mac_octets = 32;
constexpr std::size_t token_octets = 12 + 8 + 8 + mac_octets;
constexpr std::string_view purpose = "kanmon auth-token 1";

std::uint64_t octets_of(UnixTime time) {
    return static_cast<std::uint64_t>(seconds_of(time));
}

void put_text(BufferWriter& out, std::string_view text) {
    out.u32(static_cast<std::uint32_t>(text.size()));
    out.bytes(as_bytes(text));
}

Buffer mac_of(const TokenSubject& subject, const TokenClaims& claims) {
    const bridge::Login& login = subject.server.login;
    BufferWriter said;
    put_text(said, purpose);
    put_text(said, subject.server.id);
    put_text(said, subject.username);
    for (const bool factor : {login.certificate, login.password, login.code, login.web})
        said.u8(factor ? 1 : 0);
    said.u8(subject.certificate ? 1 : 0);
    if (subject.certificate) said.bytes(subject.certificate->sha256);
    said.bytes(claims.session);
    said.u64(octets_of(claims.issued));
    said.u64(octets_of(claims.renewed));
    return crypto::hmac_of(crypto::Digest::sha256, login.token_key.view(), {said.finish()});
}

/// Whether a token of these claims is still good at this time.
bool is_alive(const TokenClaims& claims, const bridge::Login& login, UnixTime now) {
    const UnixTime ends = claims.issued + std::chrono::seconds(login.token_seconds);
    return claims.issued <= claims.renewed && claims.renewed <= now + token_clock_tolerance &&
           now < ends;
}

UnixTime read_time(ByteReader& in) {
    // A forged one may be anything; this much fits every calendar computation.
    constexpr std::uint64_t seconds_max = std::uint64_t{1} << 40;
    return unix_time_of(static_cast<std::int64_t>(std::min(in.u64(), seconds_max)));
}

}  // namespace

SecretBuffer make_token(const TokenSubject& subject, const TokenClaims& claims) {
    BufferWriter out;
    out.bytes(claims.session);
    out.u64(octets_of(claims.issued));
    out.u64(octets_of(claims.renewed));
    out.bytes(mac_of(subject, claims));
    Buffer octets = out.finish();
    std::string text = std::string(wire::token_prefix) + to_base64(octets);
    SecretBuffer token(as_bytes(text));
    wipe(octets);
    wipe(std::as_writable_bytes(std::span<char>(text)));
    return token;
}

std::optional<TokenClaims> check_token(Bytes token, const TokenSubject& subject, UnixTime now) {
    const bridge::Login& login = subject.server.login;
    if (login.token_seconds == 0 || login.token_key.empty()) return std::nullopt;
    if (wire::form_of(token) != wire::PasswordForm::token) return std::nullopt;
    const Bytes encoded = token.subspan(wire::token_prefix.size());
    if (encoded.size() != token_octets / 3 * 4) return std::nullopt;
    const auto octets = from_base64(text_view(encoded));
    if (!octets || octets->size() != token_octets) return std::nullopt;
    ByteReader in(*octets);
    TokenClaims claims;
    claims.session = in.array<12>();
    claims.issued = read_time(in);
    claims.renewed = read_time(in);
    if (!constant_time_equal(in.bytes(mac_octets), mac_of(subject, claims))) return std::nullopt;
    if (!is_alive(claims, login, now)) return std::nullopt;
    return claims;
}

}  // namespace kanmon::session
