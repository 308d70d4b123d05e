#include "controlplane/model/tag.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/escape.h"
#include "controlplane/model/name.h"

namespace kanmon::model {

namespace {

constexpr std::size_t characters_max = 128;

constexpr std::array<std::pair<TaggedKind, std::string_view>, 5> kinds{
    {{TaggedKind::vpn_gateway, "VPNGATEWAY"},
     {TaggedKind::customer_gateway, "CustomerGateway"},
     {TaggedKind::vpn_connection, "VpnConnection"},
     {TaggedKind::vpc, "VPC"},
     {TaggedKind::vswitch, "VSWITCH"}}};

char folded(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, {}, folded, folded);
}

bool holds_web_address(std::string_view text) {
    return text.find("http://") != std::string_view::npos ||
           text.find("https://") != std::string_view::npos;
}

Outcome<void> check_tag(const Tag& tag) {
    const std::string_view key = tag.key;
    if (key.empty() || characters_of(key) > characters_max ||
        same_word(key.substr(0, 6), "aliyun") || same_word(key.substr(0, 4), "acs:") ||
        holds_web_address(key))
        return illegal("Tag", fmt::format("The key '{}' cannot be one: a key has 1 to {} "
                                          "characters, does not begin with aliyun or acs: and "
                                          "holds no http:// or https://.",
                                          escaped(key, 64), characters_max));
    if (characters_of(tag.value) > characters_max || holds_web_address(tag.value))
        return illegal("Tag", fmt::format("The value of the tag '{}' cannot be one: a value has at "
                                          "most {} characters and holds no http:// or https://.",
                                          escaped(key, 64), characters_max));
    return {};
}

}  // namespace

Outcome<void> check_tags(const Tags& tags) {
    if (tags.size() > tags_max)
        return illegal(
            "Tag", fmt::format("{} tags were given; at most {} can be.", tags.size(), tags_max));
    for (const Tag& tag : tags) {
        if (auto fits = check_tag(tag); !fits) return fits;
        if (std::ranges::count(tags, tag.key, &Tag::key) > 1)
            return illegal(
                "Tag", fmt::format("The key '{}' was given more than once.", escaped(tag.key, 64)));
    }
    return {};
}

Outcome<TaggedKind> check_tagged_kind(std::string_view text) {
    for (const auto& [kind, name] : kinds)
        if (same_word(text, name)) return kind;
    return illegal("ResourceType",
                   fmt::format("'{}' is no type of resource here; VPNGATEWAY, "
                               "CustomerGateway, VpnConnection, VPC and VSWITCH are.",
                               escaped(text, 64)));
}

std::string_view tagged_kind_text(TaggedKind kind) {
    return std::ranges::find(kinds, kind, [](const auto& row) { return row.first; })->second;
}

bool has_tags(const Tags& present, const Tags& wanted) {
    return std::ranges::all_of(wanted, [&](const Tag& one) {
        return std::ranges::any_of(present, [&](const Tag& tag) {
            return tag.key == one.key && (one.value.empty() || tag.value == one.value);
        });
    });
}

ResourceTagId tag_id(std::string_view resource, std::string_view key) {
    return {fmt::format("{}/{}", resource, key)};
}

}  // namespace kanmon::model
