// Asks by JSON and bearer token, as scripts do.
#pragma once

#include <nlohmann/json.hpp>

#include "controlplane/api/form.h"
#include "controlplane/api/http_request.h"

namespace kanmon::api {

inline HttpRequest json_request(const std::string& name, const std::string& token,
                                const std::string& body) {
    HttpRequest request;
    request.method = "POST";
    request.path = "/api/v1/" + name;
    request.headers = {{"host", "127.0.0.1:8443"}, {"content-type", "application/json"}};
    if (!token.empty()) request.headers.emplace_back("authorization", "Bearer " + token);
    request.body = body;
    request.network = "192.0.2.1";
    return request;
}

/// What means the same as `parameters`: objects, arrays, numbers and booleans where they fit.
inline nlohmann::json nested(const Parameters& parameters) {
    const auto is_number = [](const std::string& text) {
        return !text.empty() && text.size() < 10 && text != "0" && !text.starts_with('0') &&
               text.find_first_not_of("0123456789") == std::string::npos;
    };
    nlohmann::json body = nlohmann::json::object();
    for (const auto& [name, value] : parameters) {
        std::string pointer;
        for (std::size_t at = 0; at <= name.size();) {
            const std::size_t dot = std::min(name.find('.', at), name.size());
            const std::string part = name.substr(at, dot - at);
            pointer += "/" + (is_number(part) ? std::to_string(std::stoi(part) - 1) : part);
            at = dot + 1;
        }
        nlohmann::json& place = body[nlohmann::json::json_pointer(pointer)];
        if (value == "true" || value == "false")
            place = value == "true";
        else if (is_number(value))
            place = std::stoi(value);
        else
            place = value;
    }
    return body;
}

}  // namespace kanmon::api
