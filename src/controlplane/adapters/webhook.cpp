#include "controlplane/adapters/webhook.h"

#include <curl/curl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/escape.h"

namespace kanmon::adapters {

namespace {

struct CurlEnd {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// What one delivery knows of itself while libcurl is at work.
struct Attempt {
    const model::AllowedTargets* allowed = nullptr;
    const std::atomic<bool>* stopping = nullptr;
    std::size_t answer_octets = 0;
    std::string refused = {};  // the address that may not be called
};

std::optional<Endpoint> endpoint_of(const curl_sockaddr& address) {
    if (address.family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address.addr, sizeof v4);
        return Endpoint::v4(Ipv4{ntohl(v4.sin_addr.s_addr)}, ntohs(v4.sin_port));
    }
    if (address.family != AF_INET6) return std::nullopt;
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.addr, std::min<std::size_t>(sizeof v6, address.addrlen));
    Endpoint endpoint;
    std::memcpy(endpoint.address.octets.data(), &v6.sin6_addr, endpoint.address.octets.size());
    endpoint.port = ntohs(v6.sin6_port);
    return endpoint;
}

/// The address is this one and no other: nothing is resolved between the judgement and the call.
curl_socket_t open_socket(void* kept, curlsocktype, curl_sockaddr* address) {
    auto& attempt = *static_cast<Attempt*>(kept);
    const auto endpoint = endpoint_of(*address);
    if (!endpoint || !model::may_be_called(*endpoint, *attempt.allowed)) {
        attempt.refused = endpoint ? to_string(*endpoint) : "no IP address";
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t count_answer(char*, std::size_t, std::size_t octets, void* kept) {
    auto& attempt = *static_cast<Attempt*>(kept);
    attempt.answer_octets += octets;
    return attempt.answer_octets > Webhook::answer_octets_max ? 0 : octets;
}

int look_whether_to_stop(void* kept, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const Attempt*>(kept)->stopping->load() ? 1 : 0;
}

using Lines = std::unique_ptr<curl_slist, CurlEnd>;

bool add(Lines& lines, const std::string& line) {
    curl_slist* more = curl_slist_append(lines.get(), line.c_str());
    if (more == nullptr) return false;
    (void)lines.release();
    lines.reset(more);
    return true;
}

void confine(CURL* curl, Attempt& attempt) {
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, Webhook::answer_milliseconds);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &attempt);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &count_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &attempt);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &look_whether_to_stop);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &attempt);
}

Unexpected<std::string> failed(const Attempt& attempt, CURLcode code, std::string_view detail) {
    if (!attempt.refused.empty())
        return unexpected(fmt::format(
            "the webhook's name leads to {}, which is no public address; list its network in "
            "events.webhook_private_networks when that is meant",
            attempt.refused));
    if (attempt.answer_octets > Webhook::answer_octets_max)
        return unexpected(fmt::format("the webhook answers with more than {} octets",
                                      Webhook::answer_octets_max));
    return unexpected("the webhook is not reached: " +
                      escaped(detail.empty() ? curl_easy_strerror(code) : detail));
}

}  // namespace

std::string webhook_body(const usecases::EventBatch& batch) {
    nlohmann::ordered_json events = nlohmann::ordered_json::array();
    for (const model::Event& event : batch.events)
        events.push_back({{"EventId", event.number},
                          {"AccountId", event.account.text},
                          {"Time", seconds_of(event.at) * 1000},
                          {"Kind", event.kind},
                          {"ResourceId", event.resource},
                          {"SslVpnServerId", event.server},
                          {"Message", event.message}});
    const nlohmann::ordered_json body{{"Events", std::move(events)}, {"LostEvents", batch.lost}};
    return body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string webhook_signature(Bytes secret, UnixTime now, const std::string& body) {
    const std::string text = fmt::format("{}.{}", seconds_of(now), body);
    const Bytes signed_octets = as_bytes(text);
    const auto octets = [](const void* data) { return static_cast<const unsigned char*>(data); };
    std::array<std::byte, 32> tag{};
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), octets(signed_octets.data()),
         signed_octets.size(), static_cast<unsigned char*>(static_cast<void*>(tag.data())), &size);
    return fmt::format("t={},v1={}", seconds_of(now), to_hex(tag));
}

Expected<void, std::string> Webhook::deliver(const usecases::EventBatch& batch, UnixTime now) {
    Attempt attempt{.allowed = &options_.allowed, .stopping = &stopping_};
    const std::unique_ptr<CURL, CurlEnd> curl(curl_easy_init());
    const std::string body = webhook_body(batch);
    Lines lines;
    const bool ready =
        curl && add(lines, "Content-Type: application/json") && add(lines, "Expect:") &&
        add(lines, fmt::format("X-Kanmon-Delivery: {}-{}", batch.events.front().number,
                               batch.events.back().number)) &&
        add(lines, "X-Kanmon-Signature: " + webhook_signature(options_.secret.view(), now, body));
    if (!ready) return unexpected(std::string("libcurl did not start"));
    std::array<char, CURL_ERROR_SIZE> detail{};
    confine(curl.get(), attempt);
    curl_easy_setopt(curl.get(), CURLOPT_URL, options_.url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, lines.get());
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, detail.data());
    if (!options_.ca_file.empty())
        curl_easy_setopt(curl.get(), CURLOPT_CAINFO, options_.ca_file.c_str());
    const CURLcode code = curl_easy_perform(curl.get());
    if (code != CURLE_OK) return failed(attempt, code, detail.data());
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status / 100 == 3)
        return unexpected(fmt::format(
            "the webhook answers {}, a redirect; give events.webhook_url the address that it "
            "leads to",
            status));
    if (status / 100 != 2) return unexpected(fmt::format("the webhook answers {}", status));
    return {};
}

}  // namespace kanmon::adapters
