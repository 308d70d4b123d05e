// Makes signed requests as clients do, for tests of the API without a network.
#pragma once

#include "controlplane/api/acs3_signature.h"
#include "controlplane/api/rpc_signature.h"
#include "controlplane/api/timestamp.h"
#include "controlplane/usecases/accounts.h"

namespace kanmon::api {

struct SigningClient {
    std::string access_key;
    SecretBuffer secret;
    UnixTime now{};
    int requests = 0;

    std::string next_nonce() { return "nonce-" + std::to_string(++requests); }

    HttpRequest acs3(const std::string& action, const Parameters& query,
                     const std::string& body = {}) {
        HttpRequest request;
        request.method = "POST";
        request.path = "/";
        request.query = canonical_form(query);
        request.body = body;
        request.headers = {{"host", "127.0.0.1:8443"},
                           {"x-acs-version", "2016-04-28"},
                           {"x-acs-action", action},
                           {"x-acs-date", timestamp_text(now)},
                           {"x-acs-signature-nonce", next_nonce()}};
        if (!body.empty())
            request.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
        sign_acs3(request, query, access_key, secret.view());
        return request;
    }

    /// Common parameters in the query, the action's own in the body, as Terraform does.
    HttpRequest rpc(const std::string& action, const Parameters& parameters) {
        Parameters query{{"Action", action},
                         {"Format", "json"},
                         {"Version", "2016-04-28"},
                         {"Timestamp", timestamp_text(now)},
                         {"SignatureNonce", next_nonce()},
                         {"SignatureMethod", "HMAC-SHA1"},
                         {"SignatureVersion", "1.0"},
                         {"SignatureType", ""},
                         {"AccessKeyId", access_key}};
        Parameters all = query;
        all.insert(parameters.begin(), parameters.end());
        query["Signature"] = rpc_signature(secret.view(), rpc_string_to_sign("POST", all));
        HttpRequest request;
        request.method = "POST";
        request.path = "/";
        request.query = canonical_form(query);
        request.body = canonical_form(parameters);
        request.headers = {{"host", "127.0.0.1:8443"},
                           {"content-type", "application/x-www-form-urlencoded"}};
        return request;
    }
};

}  // namespace kanmon::api
