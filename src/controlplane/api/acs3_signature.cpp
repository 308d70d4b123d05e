#include "controlplane/api/acs3_signature.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "base/escape.h"
#include "base/secret.h"
#include "controlplane/api/digest.h"

namespace kanmon::api {
namespace {

constexpr std::string_view algorithm = "ACS3-HMAC-SHA256";
constexpr std::array<std::string_view, 6> headers_to_sign{
    "host",       "x-acs-action",          "x-acs-content-sha256",
    "x-acs-date", "x-acs-signature-nonce", "x-acs-version"};

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(trimmed(text.substr(0, end)));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) {
        if (!text.empty()) text += ';';
        text += part;
    }
    return text;
}

Unexpected<model::Refusal> incomplete(std::string message) {
    return model::refuse("IncompleteSignature", std::move(message));
}

}  // namespace

model::Outcome<Acs3Authorization> parse_acs3_authorization(std::string_view header) {
    if (!header.starts_with(algorithm) || header.substr(algorithm.size(), 1) != " ")
        return incomplete("The Authorization header does not begin with ACS3-HMAC-SHA256.");
    Acs3Authorization authorization;
    for (const std::string& part : split(header.substr(algorithm.size() + 1), ',')) {
        const std::size_t equals = part.find('=');
        if (equals == std::string::npos) continue;
        const std::string_view name = std::string_view(part).substr(0, equals);
        const std::string value = part.substr(equals + 1);
        if (name == "Credential") authorization.access_key = value;
        if (name == "SignedHeaders") authorization.signed_headers = split(value, ';');
        if (name == "Signature") authorization.signature = value;
    }
    if (authorization.access_key.empty() || authorization.signature.empty())
        return incomplete("The Authorization header needs Credential, SignedHeaders, Signature.");
    const auto& listed = authorization.signed_headers;
    for (const std::string_view needed : headers_to_sign)
        if (std::find(listed.begin(), listed.end(), needed) == listed.end())
            return incomplete(fmt::format("The header {} has to be signed.", needed));
    return authorization;
}

model::Outcome<std::string> acs3_canonical_request(const HttpRequest& request,
                                                   const Parameters& query,
                                                   const std::vector<std::string>& signed_headers) {
    std::vector<std::string> names = signed_headers;
    std::sort(names.begin(), names.end());
    std::string text = request.method + "\n/\n" + canonical_form(query) + "\n";
    for (const std::string& name : names) {
        const auto value = request.header(name);
        if (!value)
            return model::refuse(
                "SignatureDoesNotMatch",
                fmt::format("The signed header {} is absent, or there more than once.",
                            escaped(name, 64)));
        text += name + ":" + std::string(trimmed(*value)) + "\n";
    }
    text += "\n" + joined(signed_headers) + "\n" + sha256_hex(request.body);
    return text;
}

std::string acs3_signature(Bytes secret, std::string_view canonical_request) {
    return hmac_sha256_hex(secret, fmt::format("{}\n{}", algorithm, sha256_hex(canonical_request)));
}

model::Outcome<void> check_acs3(const HttpRequest& request, const Parameters& query,
                                const Acs3Authorization& authorization, Bytes secret) {
    const auto text = acs3_canonical_request(request, query, authorization.signed_headers);
    if (!text) return unexpected(text.error());
    const std::string expected = acs3_signature(secret, *text);
    const std::string body_hash = sha256_hex(request.body);
    const std::string_view claimed = request.header("x-acs-content-sha256").value_or("");
    const bool same_signature =
        constant_time_equal(as_bytes(expected), as_bytes(authorization.signature));
    const bool same_body = constant_time_equal(as_bytes(body_hash), as_bytes(claimed));
    if (!same_signature || !same_body)
        return model::refuse("SignatureDoesNotMatch",
                             "The signature is not the one this request and its access key's "
                             "secret give. Check the secret, and that nothing between changes "
                             "the request.");
    return {};
}

void sign_acs3(HttpRequest& request, const Parameters& query, std::string_view access_key,
               Bytes secret) {
    request.headers.emplace_back("x-acs-content-sha256", sha256_hex(request.body));
    std::vector<std::string> names;
    for (const auto& [name, value] : request.headers)
        if (name == "host" || name == "content-type" || name.starts_with("x-acs-"))
            names.push_back(name);
    std::sort(names.begin(), names.end());
    const auto text = acs3_canonical_request(request, query, names);
    assert(text);  // a caller that gave a header twice is a bug of ours
    if (!text) return;
    request.headers.emplace_back(
        "authorization", fmt::format("{} Credential={},SignedHeaders={},Signature={}", algorithm,
                                     access_key, joined(names), acs3_signature(secret, *text)));
}

}  // namespace kanmon::api
