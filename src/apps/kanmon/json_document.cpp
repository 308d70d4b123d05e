#include "apps/kanmon/json_document.h"

#include <nlohmann/json.hpp>

namespace kanmon::apps {

using Json = nlohmann::ordered_json;

struct JsonDocument::Tree {
    Json value;

    const Json* at(std::string_view path) const {
        const Json* here = &value;
        while (!path.empty()) {
            // A name may have a dot of its own: "net_rx.rate".
            if (here->is_object() && here->contains(std::string(path)))
                return &(*here)[std::string(path)];
            const std::size_t dot = path.find('.');
            const std::string name(path.substr(0, dot));
            path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
            if (!here->is_object() || !here->contains(name)) return nullptr;
            here = &(*here)[name];
        }
        return here;
    }
};

std::optional<JsonDocument> JsonDocument::parse(std::string_view text) {
    Json value = Json::parse(text, nullptr, false);
    if (value.is_discarded()) return std::nullopt;
    return JsonDocument(std::make_shared<const Tree>(Tree{std::move(value)}));
}

std::string JsonDocument::text(std::string_view path) const {
    const Json* found = tree_->at(path);
    if (found == nullptr || found->is_null()) return {};
    if (found->is_string()) return found->get<std::string>();
    return found->dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::int64_t JsonDocument::number(std::string_view path) const {
    const Json* found = tree_->at(path);
    return found != nullptr && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::vector<JsonDocument> JsonDocument::items(std::string_view path) const {
    const Json* found = tree_->at(path);
    std::vector<JsonDocument> documents;
    if (found == nullptr || !found->is_array()) return documents;
    for (const Json& item : *found)
        documents.push_back(JsonDocument(std::make_shared<const Tree>(Tree{item})));
    return documents;
}

JsonDocument JsonDocument::without(std::string_view name) const {
    Json value = tree_->value;
    if (value.is_object()) value.erase(std::string(name));
    return JsonDocument(std::make_shared<const Tree>(Tree{std::move(value)}));
}

std::string JsonDocument::dump() const {
    return tree_->value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace kanmon::apps
