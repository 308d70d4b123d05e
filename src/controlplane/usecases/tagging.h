// Tags and resource groups: what people sort their resources by.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

struct TagResources {
    std::string kind = {};  // ResourceType
    std::vector<std::string> resources = {};
    model::Tags tags = {};
};
struct UntagResources {
    std::string kind = {};
    std::vector<std::string> resources = {};
    std::vector<std::string> keys = {};
    bool all = false;  // only without keys
};
struct ListTagResources {
    std::string kind = {};
    std::vector<std::string> resources = {};  // empty: all
    model::Tags tags = {};                    // empty: all
    std::string next_token = {};              // empty: from the beginning
    std::int64_t results_max = 50;
};
struct TagPage {
    std::vector<model::ResourceTag> rows = {};
    std::string next_token = {};  // empty: there are no more
};
struct MoveResourceGroup {
    std::string kind = {};
    std::string resource = {};
    std::string group = {};
};

class Tagging {
public:
    explicit Tagging(Ports& ports) : ports_(ports) {}

    /// 1-50 resources, 1-20 tags; a key that is there gets the new value. All or none.
    Outcome<void> tag(const Call& call, const TagResources& request);
    Outcome<void> untag(const Call& call, const UntagResources& request);
    Outcome<TagPage> list(const Call& call, const ListTagResources& request);
    /// Of gateways and customer gateways; what is below them follows.
    Outcome<void> move(const Call& call, const MoveResourceGroup& request);

private:
    Ports& ports_;
};

model::Tags tags_of(Ledger& ledger, const std::string& resource);
/// Adds to what hangs there. IllegalParam.Tag beyond 20.
Outcome<void> put_tags(Ledger& ledger, const model::AccountId& account, model::TaggedKind kind,
                       const std::string& resource, const model::Tags& tags);
/// What is deleted takes its tags along.
void remove_tags(Ledger& ledger, const std::string& resource);
/// IllegalParam.ResourceGroupId.
Outcome<void> check_resource_group(std::string_view parameter, std::string_view id);

}  // namespace kanmon::usecases
