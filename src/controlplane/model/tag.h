// Tags: a key and a value that people hang on resources to find them again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/model/id.h"
#include "controlplane/model/outcome.h"

namespace kanmon::model {

struct Tag {
    std::string key;
    std::string value;
    friend auto operator<=>(const Tag&, const Tag&) = default;
};
using Tags = std::vector<Tag>;

/// What can be tagged.
enum class TaggedKind : std::uint8_t {
    vpn_gateway,
    customer_gateway,
    vpn_connection,
    vpc,
    vswitch
};

/// A tag where it hangs. There is one of a key on each resource.
struct ResourceTag {
    ResourceTagId id;  // made of resource and key
    AccountId account;
    std::string resource;  // id
    TaggedKind kind = TaggedKind::vpn_gateway;
    Tag tag;
    friend bool operator==(const ResourceTag&, const ResourceTag&) = default;
};

inline constexpr std::size_t tags_max = 20;  // of one resource, and of one call

/// At most 20, each key once. Keys have 1-128 characters and neither begin with aliyun or acs: nor
/// hold http:// or https://; values have at most 128. IllegalParam.Tag.
Outcome<void> check_tags(const Tags& tags);
/// VPNGATEWAY, CustomerGateway, VpnConnection, VPC or VSWITCH, in any case.
/// IllegalParam.ResourceType.
Outcome<TaggedKind> check_tagged_kind(std::string_view text);
std::string_view tagged_kind_text(TaggedKind kind);

/// All of `wanted` are among `present`; one without a value stands for any value.
bool has_tags(const Tags& present, const Tags& wanted);

ResourceTagId tag_id(std::string_view resource, std::string_view key);

}  // namespace kanmon::model
