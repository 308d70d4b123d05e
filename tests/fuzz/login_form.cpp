// The password field in all its forms, CR_RESPONSE, and auth-tokens. What is read is bounded and
// written again gives the same; no token but ours is ever believed (CVE-2020-36382).
#include <cstdlib>

#include "base/base64.h"
#include "dataplane/session/login_plan.h"

using namespace kanmon;
using namespace kanmon::session;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

bridge::SslServer server(std::uint8_t flavour) {
    bridge::SslServer made;
    made.id = "vss-1";
    made.login.password = (flavour & 1) != 0;
    made.login.code = (flavour & 2) != 0;
    made.login.web = (flavour & 4) != 0;
    made.login.token_seconds = (flavour & 8) != 0 ? 3600 : 0;
    made.login.token_key = SecretBuffer(Buffer(32, std::byte{1}));
    return made;
}

bool bounded(const SecretBuffer& field) {
    return field.view().size() <= wire::login_field_octets_max;
}

void check_forms(Bytes field) {
    if (const auto read = wire::decode_static_response(field)) {
        require(bounded(read->password) && bounded(read->code));
        const std::string again =
            "SCRV1:" + to_base64(read->password.view()) + ":" + to_base64(read->code.view());
        require(again == text_view(field));
    }
    if (const auto read = wire::decode_dynamic_response(field)) {
        require(bounded(read->code) && read->state.size() <= wire::challenge_state_octets_max);
        require("CRV1::" + read->state + "::" + as_text(read->code.view()) == text_view(field));
    }
    if (const auto read = wire::decode_challenge_response(text_view(field)))
        require(bounded(*read) && to_base64(read->view()) == text_view(field));
}

void check_token(std::uint8_t flavour, Bytes field) {
    const bridge::SslServer asking = server(flavour | 8);
    const std::optional<crypto::PeerCertificate> none;
    const UnixTime now = unix_time_of(1'760'000'000);
    // Made by nobody who knows the key; ours with an octet changed is no better.
    require(!session::check_token(field, {asking, "anna", none}, now));
    SecretBuffer ours =
        make_token({asking, "anna", none}, {.session = {}, .issued = now, .renewed = now});
    require(session::check_token(ours.view(), {asking, "anna", none}, now).has_value());
    if (field.size() < 2) return;
    Buffer forged = copy_of(ours.view());
    const std::size_t at = std::to_integer<std::size_t>(field[0]) % forged.size();
    if (forged[at] == field[1]) return;
    forged[at] = field[1];
    require(!session::check_token(forged, {asking, "anna", none}, now));
}

void check_plan(std::uint8_t flavour, Bytes field) {
    const bridge::SslServer asking = server(flavour);
    const std::optional<crypto::PeerCertificate> none;
    wire::PeerInfo peer;
    peer.sso =
        (flavour & 16) != 0 ? "webauth" : std::string(text_view(field.first(field.size() / 2)));
    const std::string_view username = (flavour & 32) != 0 ? "anna" : "";
    const LoginPlan plan =
        plan_login({asking, none, peer, username, field, unix_time_of(1'760'000'000)});
    if (asks_for_login(asking.login)) require(!std::holds_alternative<NothingToProve>(plan));
    require(!std::holds_alternative<TokenHolds>(plan));
    if (const auto* request = std::get_if<LoginRequest>(&plan)) {
        require(bounded(request->password) && bounded(request->code));
        require(request->methods.size() <= 3);
        const bool proves = !request->password.empty() || !request->state.empty();
        require(asking.login.web || (proves && !request->username.empty()));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Bytes field = std::as_bytes(std::span(data + 1, size - 1));
    check_forms(field);
    check_token(data[0], field);
    check_plan(data[0], field);
    return 0;
}
