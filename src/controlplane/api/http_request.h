// One HTTP exchange as values: what came in, what goes out. Nothing here knows a library.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kanmon::api {

struct HttpRequest {
    std::string method;  // "GET", "POST"
    std::string path;    // as sent, before the question mark
    std::string query;   // as sent, after the question mark; still percent-encoded
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;
    std::string network;     // where it comes from: an IPv4 address, the /64 of an IPv6 one
    bool too_large = false;  // a limit of the server was passed; body and headers may be incomplete
    bool ambiguous = false;  // its length or host was said twice, so where it ends is a guess

    /// Nothing when the header is absent or sent more than once.
    std::optional<std::string_view> header(std::string_view lower_case_name) const {
        std::optional<std::string_view> found;
        for (const auto& [name, value] : headers) {
            if (name != lower_case_name) continue;
            if (found) return std::nullopt;
            found = value;
        }
        return found;
    }
};

struct HttpResponse {
    int status = 200;
    std::string body;
    bool close = false;  // the connection ends with this answer
    std::string_view content_type = "application/json;charset=utf-8";
    std::chrono::milliseconds retry_after{};  // when to ask again; zero: nothing is said of it
    std::string file_name = {};  // not empty: to be saved under it; letters, digits, - and . only
};

}  // namespace kanmon::api
