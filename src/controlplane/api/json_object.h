// A JSON object under construction: what actions answer with. Strings that are not UTF-8 come out
// with replacement characters, never as broken JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kanmon::api {

class JsonObject {
public:
    JsonObject();
    JsonObject(JsonObject&&) noexcept;
    JsonObject& operator=(JsonObject&&) noexcept;
    ~JsonObject();

    JsonObject& text(std::string_view name, std::string_view value);
    /// As `text`, and `withhold_secrets` empties it again, however deep it lies by then.
    JsonObject& secret(std::string_view name, std::string_view value);
    JsonObject& number(std::string_view name, std::int64_t value);
    JsonObject& number(std::string_view name, std::uint64_t value);
    JsonObject& number(std::string_view name, std::uint32_t value);
    JsonObject& flag(std::string_view name, bool value);
    JsonObject& object(std::string_view name, JsonObject value);
    JsonObject& list(std::string_view name, std::vector<JsonObject> values);
    JsonObject& texts(std::string_view name, const std::vector<std::string>& values);

    JsonObject& withhold_secrets();
    std::string dump() const;

private:
    struct Tree;
    std::unique_ptr<Tree> tree_;
};

/// {"Name":[…]} inside {"Names":{…}}: the double envelope of the older lists.
JsonObject& add_nested_list(JsonObject& object, std::string_view outer, std::string_view inner,
                            std::vector<JsonObject> values);

}  // namespace kanmon::api
