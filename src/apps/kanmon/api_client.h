// Calls the API over HTTP(S) with libcurl, signed with ACS3-HMAC-SHA256.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "apps/kanmon/json_document.h"
#include "base/result.h"
#include "base/secret.h"
#include "controlplane/api/form.h"

namespace kanmon::apps {

struct ApiAccess {
    std::string endpoint;  // https://127.0.0.1:8443
    std::string ca_file;   // empty: the system's authorities
    std::string access_key;
    SecretBuffer secret;
};

struct ApiAnswer {
    long status = 0;
    std::string body;
    JsonDocument document;
    std::chrono::milliseconds retry_after{};  // when the API takes the same; zero: it does not say
};

/// Owner: one thread at a time.
class ApiClient {
public:
    explicit ApiClient(ApiAccess access);
    ~ApiClient();
    ApiClient(ApiClient&&) noexcept;

    /// An answer of the API, also one that refuses. The error is a sentence: the API could not be
    /// reached, is not trusted, or is no API.
    Expected<ApiAnswer, std::string> call(const std::string& action,
                                          const api::Parameters& parameters);
    /// The same, but where there were too many requests it waits as long as the API says and asks
    /// again, for a minute at most. For what goes on with a thing that was begun.
    Expected<ApiAnswer, std::string> call_patiently(const std::string& action,
                                                    const api::Parameters& parameters);
    /// As it was given, without a slash at its end.
    const std::string& endpoint() const { return access_.endpoint; }

private:
    struct Connection;

    ApiAccess access_;
    std::unique_ptr<Connection> connection_;  // stays open between calls
};

/// From a file like the answer of CreateAccount: {"AccessKeyId": …, "AccessKeySecret": …}.
Expected<void, std::string> read_access_key(const std::string& path, ApiAccess& access);

}  // namespace kanmon::apps
