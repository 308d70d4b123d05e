// A JSON text that was received: read by name, never trusted to have any shape.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kanmon::apps {

class JsonDocument {
public:
    static std::optional<JsonDocument> parse(std::string_view text);

    /// Names joined by dots: "VpnGateways.VpnGateway". What is not there gives an empty text, 0 or
    /// an empty list. Numbers and flags are given as text too.
    std::string text(std::string_view path) const;
    std::int64_t number(std::string_view path) const;
    std::vector<JsonDocument> items(std::string_view path) const;
    JsonDocument without(std::string_view name) const;
    std::string dump() const;

private:
    struct Tree;
    explicit JsonDocument(std::shared_ptr<const Tree> tree) : tree_(std::move(tree)) {}
    std::shared_ptr<const Tree> tree_;
};

}  // namespace kanmon::apps
