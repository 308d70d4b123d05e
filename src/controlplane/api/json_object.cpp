#include "controlplane/api/json_object.h"

#include <nlohmann/json.hpp>

namespace kanmon::api {

struct JsonObject::Tree {
    nlohmann::ordered_json value = nlohmann::ordered_json::object();
    std::vector<nlohmann::ordered_json::json_pointer> secrets;

    nlohmann::ordered_json& at(std::string_view name) { return value[std::string(name)]; }
    void take_secrets(const nlohmann::ordered_json::json_pointer& place, const Tree& inner) {
        for (const auto& secret : inner.secrets) secrets.push_back(place / secret);
    }
};

JsonObject::JsonObject() : tree_(std::make_unique<Tree>()) {}
JsonObject::JsonObject(JsonObject&&) noexcept = default;
JsonObject& JsonObject::operator=(JsonObject&&) noexcept = default;
JsonObject::~JsonObject() = default;

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
    tree_->at(name) = std::string(value);
    return *this;
}

JsonObject& JsonObject::secret(std::string_view name, std::string_view value) {
    tree_->secrets.push_back(nlohmann::ordered_json::json_pointer() / std::string(name));
    return text(name, value);
}

JsonObject& JsonObject::number(std::string_view name, std::int64_t value) {
    tree_->at(name) = value;
    return *this;
}

JsonObject& JsonObject::number(std::string_view name, std::uint64_t value) {
    tree_->at(name) = value;
    return *this;
}

JsonObject& JsonObject::number(std::string_view name, std::uint32_t value) {
    tree_->at(name) = value;
    return *this;
}

JsonObject& JsonObject::flag(std::string_view name, bool value) {
    tree_->at(name) = value;
    return *this;
}

JsonObject& JsonObject::object(std::string_view name, JsonObject value) {
    tree_->take_secrets(nlohmann::ordered_json::json_pointer() / std::string(name), *value.tree_);
    tree_->at(name) = std::move(value.tree_->value);
    return *this;
}

JsonObject& JsonObject::list(std::string_view name, std::vector<JsonObject> values) {
    auto array = nlohmann::ordered_json::array();
    const auto place = nlohmann::ordered_json::json_pointer() / std::string(name);
    for (JsonObject& value : values) {
        tree_->take_secrets(place / array.size(), *value.tree_);
        array.push_back(std::move(value.tree_->value));
    }
    tree_->at(name) = std::move(array);
    return *this;
}

JsonObject& JsonObject::texts(std::string_view name, const std::vector<std::string>& values) {
    tree_->at(name) = values;
    return *this;
}

JsonObject& JsonObject::withhold_secrets() {
    for (const auto& secret : tree_->secrets) tree_->value[secret] = "";
    return *this;
}

std::string JsonObject::dump() const {
    return tree_->value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

JsonObject& add_nested_list(JsonObject& object, std::string_view outer, std::string_view inner,
                            std::vector<JsonObject> values) {
    JsonObject wrapped;
    wrapped.list(inner, std::move(values));
    return object.object(outer, std::move(wrapped));
}

}  // namespace kanmon::api
