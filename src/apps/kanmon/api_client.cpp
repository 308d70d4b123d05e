#include "apps/kanmon/api_client.h"

#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "apps/kanmon/terminal_text.h"
#include "base/clock.h"
#include "base/random.h"
#include "controlplane/api/acs3_signature.h"
#include "controlplane/api/api.h"
#include "controlplane/api/timestamp.h"

namespace kanmon::apps {
namespace {

constexpr long connect_milliseconds = 5'000;
constexpr long answer_milliseconds = 60'000;
constexpr std::size_t answer_octets_max = 8 * 1024 * 1024;
constexpr long too_many_requests = 429;
constexpr std::chrono::milliseconds patience{60'000};
constexpr std::chrono::milliseconds pause_least{100};  // also where the API does not say how long

struct CurlEnd {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, CurlEnd>;
using Lines = std::unique_ptr<curl_slist, CurlEnd>;

std::size_t take_answer(char* data, std::size_t, std::size_t octets, void* kept) {
    auto& body = *static_cast<std::string*>(kept);
    if (body.size() + octets > answer_octets_max) return 0;
    body.append(data, octets);
    return octets;
}

/// "127.0.0.1:8443" of "https://127.0.0.1:8443"; empty when it is no such address.
std::string host_of(std::string_view endpoint) {
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (!endpoint.starts_with(scheme)) continue;
        endpoint.remove_prefix(scheme.size());
        const bool plain = endpoint.find_first_of("/?#@ ") == std::string_view::npos;
        return plain ? std::string(endpoint) : std::string();
    }
    return {};
}

/// The port is left out of the Host header when it is the scheme's own, as libcurl would.
std::string host_header(std::string_view endpoint) {
    std::string host = host_of(endpoint);
    const std::string_view own_port = endpoint.starts_with("https") ? ":443" : ":80";
    if (host.ends_with(own_port)) host.resize(host.size() - own_port.size());
    return host;
}

api::HttpRequest signed_request(const ApiAccess& access, const std::string& action,
                                const api::Parameters& parameters) {
    SystemRandom random;
    api::HttpRequest request;
    request.method = "POST";
    request.path = "/";
    request.body = api::canonical_form(parameters);
    request.headers = {{"host", host_header(access.endpoint)},
                       {"content-type", "application/x-www-form-urlencoded"},
                       {"x-acs-action", action},
                       {"x-acs-version", std::string(api::api_version)},
                       {"x-acs-date", api::timestamp_text(unix_now())},
                       {"x-acs-signature-nonce", to_hex(random.array<32>())}};
    api::sign_acs3(request, {}, access.access_key, access.secret.view());
    return request;
}

/// Kanmon's own header, in milliseconds; of whatever stands between the one that all know.
std::chrono::milliseconds retry_after_of(CURL* handle) {
    curl_header* own = nullptr;
    std::int64_t count = 0;
    if (curl_easy_header(handle, "x-acs-retry-after", 0, CURLH_HEADER, -1, &own) == CURLHE_OK) {
        const std::string_view text = own->value;
        std::from_chars(text.data(), text.data() + text.size(), count);
        return std::chrono::milliseconds(count);
    }
    curl_off_t seconds = 0;
    curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &seconds);
    return std::chrono::seconds(std::clamp<curl_off_t>(seconds, 0, 86'400));
}

std::string unreachable(const ApiAccess& access, CURLcode code, const std::string& detail) {
    const std::string what = detail.empty() ? curl_easy_strerror(code) : showable(detail);
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
        return fmt::format(
            "the certificate of {} is not trusted: {}. Give the gateway's own with "
            "--ca (STATE/control/api.crt).",
            access.endpoint, what);
    if (code == CURLE_COULDNT_CONNECT)
        return fmt::format("cannot reach {}: {}. Does kanmond run there?", access.endpoint, what);
    return fmt::format("no answer from {}: {}", access.endpoint, what);
}

}  // namespace

struct ApiClient::Connection {
    explicit Connection(Handle opened) : handle(std::move(opened)) {}
    Handle handle;
};

ApiClient::ApiClient(ApiAccess access) : access_(std::move(access)) {
    if (access_.endpoint.ends_with('/')) access_.endpoint.pop_back();
}
ApiClient::~ApiClient() = default;
ApiClient::ApiClient(ApiClient&&) noexcept = default;

Expected<ApiAnswer, std::string> ApiClient::call(const std::string& action,
                                                 const api::Parameters& parameters) {
    if (host_of(access_.endpoint).empty())
        return unexpected(fmt::format("the endpoint '{}' is not like https://127.0.0.1:8443",
                                      showable(access_.endpoint)));
    const api::HttpRequest request = signed_request(access_, action, parameters);
    if (!connection_) connection_ = std::make_unique<Connection>(Handle(curl_easy_init()));
    const Handle& curl = connection_->handle;
    if (!curl) return unexpected(std::string("libcurl did not start"));
    curl_easy_reset(curl.get());
    Lines headers;
    for (const auto& [name, value] : request.headers) {
        curl_slist* more = curl_slist_append(headers.get(), (name + ": " + value).c_str());
        if (more == nullptr) return unexpected(std::string("out of memory"));
        (void)headers.release();
        headers.reset(more);
    }
    std::string body;
    std::array<char, CURL_ERROR_SIZE> detail{};
    curl_easy_setopt(curl.get(), CURLOPT_URL, access_.endpoint.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, request.body.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT_MS, connect_milliseconds);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, answer_milliseconds);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &take_answer);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, detail.data());
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    if (!access_.ca_file.empty())
        curl_easy_setopt(curl.get(), CURLOPT_CAINFO, access_.ca_file.c_str());
    const CURLcode code = curl_easy_perform(curl.get());
    if (code != CURLE_OK) return unexpected(unreachable(access_, code, detail.data()));
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    auto document = JsonDocument::parse(body);
    if (!document)
        return unexpected(fmt::format("{} answered {} and no JSON: is it Kanmon's API?",
                                      access_.endpoint, status));
    return ApiAnswer{status, std::move(body), std::move(*document), retry_after_of(curl.get())};
}

Expected<ApiAnswer, std::string> ApiClient::call_patiently(const std::string& action,
                                                           const api::Parameters& parameters) {
    std::chrono::milliseconds waited{};
    for (;;) {
        auto answer = call(action, parameters);
        if (!answer || answer->status != too_many_requests) return answer;
        const auto pause = std::max(answer->retry_after, pause_least);
        if (pause > patience - waited) return answer;
        std::this_thread::sleep_for(pause);
        waited += pause;
    }
}

Expected<void, std::string> read_access_key(const std::string& path, ApiAccess& access) {
    std::ifstream file(path);
    if (!file)
        return unexpected(
            fmt::format("cannot read the access key {}: {}", path, std::strerror(errno)));
    std::ostringstream text;
    text << file.rdbuf();
    const auto document = JsonDocument::parse(text.str());
    if (!document || document->text("AccessKeyId").empty() ||
        document->text("AccessKeySecret").empty())
        return unexpected(
            fmt::format("{} is no access key: it needs AccessKeyId and AccessKeySecret, as the "
                        "answer of 'kanmon --json account create' has them",
                        path));
    access.access_key = document->text("AccessKeyId");
    access.secret = SecretBuffer(as_bytes(document->text("AccessKeySecret")));
    return {};
}

}  // namespace kanmon::apps
