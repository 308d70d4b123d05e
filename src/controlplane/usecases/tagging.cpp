#include "controlplane/usecases/tagging.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"

namespace kanmon::usecases {

namespace {

constexpr std::size_t resources_max = 50;
constexpr std::int64_t results_max = 50;

Outcome<void> check_owned(Ledger& ledger, const Call& call, model::TaggedKind kind,
                          const std::string& id) {
    const auto verdict = [](const auto& found) -> Outcome<void> {
        if (!found) return unexpected(found.error());
        return {};
    };
    switch (kind) {
        case model::TaggedKind::vpn_gateway:
            return verdict(own_gateway(ledger, call, id));
        case model::TaggedKind::customer_gateway:
            return verdict(own_customer_gateway(ledger, call, id));
        case model::TaggedKind::vpn_connection:
            return verdict(own_connection(ledger, call, id));
        case model::TaggedKind::vpc:
            return verdict(own_vpc(ledger, call, id));
        case model::TaggedKind::vswitch:
            return verdict(own_vswitch(ledger, call, id));
    }
    return {};
}

Outcome<model::TaggedKind> check_resources(const std::string& kind,
                                           const std::vector<std::string>& resources) {
    if (kind.empty()) return model::missing("ResourceType");
    if (resources.empty()) return model::missing("ResourceId");
    if (resources.size() > resources_max)
        return model::illegal("ResourceId", fmt::format("{} resources were given; at most {} can "
                                                        "be, in one call.",
                                                        resources.size(), resources_max));
    return model::check_tagged_kind(kind);
}

Parameters parameters_of(const std::string& kind, const std::vector<std::string>& resources) {
    Parameters parameters;
    parameters.add("ResourceType", kind);
    for (const std::string& id : resources) parameters.add("ResourceId", id);
    return parameters;
}

bool listed(const model::ResourceTag& row, model::TaggedKind kind,
            const ListTagResources& request) {
    if (row.kind != kind) return false;
    return request.resources.empty() ||
           std::ranges::find(request.resources, row.resource) != request.resources.end();
}

}  // namespace

model::Tags tags_of(Ledger& ledger, const std::string& resource) {
    model::Tags tags;
    for (model::ResourceTag& row : ledger.resource_tags().below(resource))
        tags.push_back(std::move(row.tag));
    return tags;
}

Outcome<void> put_tags(Ledger& ledger, const model::AccountId& account, model::TaggedKind kind,
                       const std::string& resource, const model::Tags& tags) {
    for (const model::Tag& tag : tags)
        ledger.resource_tags().put(
            {model::tag_id(resource, tag.key), account, resource, kind, tag});
    const std::size_t present = ledger.resource_tags().below(resource).size();
    if (present <= model::tags_max) return {};
    return model::illegal("Tag", fmt::format("{} would have {} tags; a resource has at most {}.",
                                             resource, present, model::tags_max));
}

void remove_tags(Ledger& ledger, const std::string& resource) {
    for (const model::ResourceTag& row : ledger.resource_tags().below(resource))
        ledger.resource_tags().remove(row.id.text);
}

Outcome<void> check_resource_group(std::string_view parameter, std::string_view id) {
    constexpr std::size_t octets_max = 64;
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    if (id.size() <= octets_max && std::ranges::all_of(id, allowed)) return {};
    return model::illegal(parameter, fmt::format("'{}' names no resource group: at most {} "
                                                 "letters, digits, '-' and '_', as in rg-office.",
                                                 escaped(id, 64), octets_max));
}

Outcome<void> Tagging::tag(const Call& call, const TagResources& request) {
    const std::lock_guard turn(ports_.turn);
    const auto kind = check_resources(request.kind, request.resources);
    if (!kind) return unexpected(kind.error());
    if (request.tags.empty()) return model::missing("Tag");
    if (auto fit = model::check_tags(request.tags); !fit) return fit;
    Parameters parameters = parameters_of(request.kind, request.resources);
    for (const model::Tag& tag : request.tags) parameters.add("Tag", tag.key + "=" + tag.value);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "TagResources", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            for (const std::string& id : request.resources) {
                if (auto own = check_owned(ledger, call, *kind, id); !own)
                    return unexpected(own.error());
                if (auto put = put_tags(ledger, call.actor.account, *kind, id, request.tags); !put)
                    return unexpected(put.error());
            }
            return Receipt{request.resources.front(), {}};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

Outcome<void> Tagging::untag(const Call& call, const UntagResources& request) {
    const std::lock_guard turn(ports_.turn);
    const auto kind = check_resources(request.kind, request.resources);
    if (!kind) return unexpected(kind.error());
    if (request.keys.empty() && !request.all) return model::missing("TagKey");
    if (request.keys.size() > model::tags_max)
        return model::illegal("TagKey", fmt::format("{} keys were given; at most {} can be.",
                                                    request.keys.size(), model::tags_max));
    Parameters parameters = parameters_of(request.kind, request.resources);
    for (const std::string& key : request.keys) parameters.add("TagKey", key);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "UnTagResources", parameters.add("All", request.all)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            for (const std::string& id : request.resources) {
                if (auto own = check_owned(ledger, call, *kind, id); !own)
                    return unexpected(own.error());
                for (const std::string& key : request.keys)
                    ledger.resource_tags().remove(model::tag_id(id, key).text);
                if (request.keys.empty()) remove_tags(ledger, id);
            }
            return Receipt{request.resources.front(), {}};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

Outcome<TagPage> Tagging::list(const Call& call, const ListTagResources& request) {
    const std::lock_guard turn(ports_.turn);
    if (request.kind.empty()) return model::missing("ResourceType");
    const auto kind = model::check_tagged_kind(request.kind);
    if (!kind) return unexpected(kind.error());
    if (request.results_max < 1 || request.results_max > results_max)
        return model::refuse("InvalidParameter",
                             fmt::format("MaxResults is between 1 and {}.", results_max));
    return look_for<TagPage>(ports_.books, [&](Ledger& ledger) -> Outcome<TagPage> {
        std::vector<model::ResourceTag> rows =
            ledger.resource_tags().of_account(call.actor.account);
        std::erase_if(rows, [&](const model::ResourceTag& row) {
            if (!listed(row, *kind, request)) return true;
            return !request.tags.empty() &&
                   !model::has_tags(tags_of(ledger, row.resource), request.tags);
        });
        // By id, so that a page begins after the last row of the one before, whatever was added or
        // removed meanwhile.
        std::ranges::sort(rows, {}, &model::ResourceTag::id);
        const std::string after = as_text(from_hex(request.next_token));
        TagPage page;
        for (model::ResourceTag& row : rows) {
            if (row.id.text <= after) continue;
            if (page.rows.size() == static_cast<std::size_t>(request.results_max)) {
                page.next_token = to_hex(as_bytes(page.rows.back().id.text));
                break;
            }
            page.rows.push_back(std::move(row));
        }
        return page;
    });
}

Outcome<void> Tagging::move(const Call& call, const MoveResourceGroup& request) {
    const std::lock_guard turn(ports_.turn);
    const auto kind = model::check_tagged_kind(request.kind);
    if (!kind) return unexpected(kind.error());
    if (*kind == model::TaggedKind::vpn_connection)
        return model::illegal("ResourceType",
                              "An IPsec connection is in the resource group of its gateway; move "
                              "that, with ResourceType=VpnGateway.");
    if (*kind == model::TaggedKind::vpc || *kind == model::TaggedKind::vswitch)
        return model::illegal("ResourceType",
                              "VPCs and vSwitches are in no resource group; VpnGateway and "
                              "CustomerGateway can be moved.");
    if (auto fits = check_resource_group("NewResourceGroupId", request.group); !fits) return fits;
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(call, "MoveVpnResourceGroup",
                 Parameters()
                     .add("ResourceType", request.kind)
                     .add("InstanceId", request.resource)
                     .add("NewResourceGroupId", request.group)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            if (*kind == model::TaggedKind::vpn_gateway) {
                auto row = own_gateway(ledger, call, request.resource);
                if (!row) return unexpected(row.error());
                row->resource_group = request.group;
                ledger.vpn_gateways().put(*row);
            } else {
                auto row = own_customer_gateway(ledger, call, request.resource);
                if (!row) return unexpected(row.error());
                row->resource_group = request.group;
                ledger.customer_gateways().put(*row);
            }
            return Receipt{request.resource, {}};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

}  // namespace kanmon::usecases
