#include "controlplane/usecases/vpcs.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/model/name.h"
#include "controlplane/model/network.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/tagging.h"
#include "controlplane/usecases/vpc_plans.h"

namespace kanmon::usecases {

namespace {

constexpr std::string_view default_cidr = "172.16.0.0/12";

/// Two VPCs in one namespace would share a network, whoever owns them. The other one is not named:
/// it may belong to another account.
Outcome<void> check_namespace_free(Ledger& ledger, const std::string& name) {
    for (const model::Vpc& vpc : ledger.vpcs().all()) {
        if (vpc.network_namespace != name) continue;
        if (name.empty())
            return model::illegal("Namespace",
                                  "The host itself already is a VPC, and can be only one; name a "
                                  "network namespace for this one, such as Namespace=office.");
        return model::illegal(
            "Namespace",
            fmt::format("The network namespace '{}' is taken; use another one.", escaped(name)));
    }
    return {};
}

VpcView view(Ledger& ledger, model::Vpc vpc) {
    VpcView shown{.vpc = std::move(vpc)};
    for (const model::VSwitch& part : ledger.vswitches().below(shown.vpc.id.text))
        shown.vswitches.push_back(part.id.text);
    shown.tags = tags_of(ledger, shown.vpc.id.text);
    shown.gateways = ledger.vpn_gateways().below(shown.vpc.id.text).size();
    return shown;
}

/// What the VPC holds and what lies beside it fit its new network, which the ledger has already.
Outcome<void> check_cidr_beside(Ledger& ledger, const model::Vpc& vpc) {
    for (const model::VSwitch& part : ledger.vswitches().below(vpc.id.text))
        if (!vpc.cidr.contains(part.cidr))
            return model::illegal(
                "CidrBlock", fmt::format("{} does not hold the vSwitch {} ({}); delete that first, "
                                         "or take a network around it.",
                                         to_string(vpc.cidr), part.id.text, to_string(part.cidr)));
    const auto gateways = ledger.vpn_gateways().below(vpc.id.text);
    if (gateways.empty()) return {};
    const model::VpcPlan plan = plan_beside(ledger, gateways.front(), {});
    for (const model::Neighbour& pool : plan.client_pools)
        if (vpc.cidr.overlaps(pool.cidr))
            return model::illegal(
                "CidrBlock", fmt::format("{} overlaps {}; take a network clear of {}, or give "
                                         "the server another ClientIpPool first.",
                                         to_string(vpc.cidr), pool.what, to_string(pool.cidr)));
    for (const model::Destination& destination : plan.destinations)
        if (auto free = model::check_destination_in(plan, "CidrBlock", destination); !free)
            return free;
    return {};
}

Outcome<void> apply(Ledger& ledger, model::Vpc& vpc, const ModifyVpc& request) {
    vpc.name = request.name.value_or(vpc.name);
    vpc.description = request.description.value_or(vpc.description);
    if (!request.cidr) {
        ledger.vpcs().put(vpc);
        return {};
    }
    const auto cidr = model::check_vpc_cidr(*request.cidr);
    if (!cidr) return unexpected(cidr.error());
    vpc.cidr = *cidr;
    ledger.vpcs().put(vpc);
    return check_cidr_beside(ledger, vpc);
}

}  // namespace

Outcome<VpcCreated> Vpcs::create(const Call& call, const CreateVpc& request) {
    const std::lock_guard turn(ports_.turn);
    if (auto name = model::check_name(request.name); !name) return unexpected(name.error());
    if (auto text = model::check_description(request.description); !text)
        return unexpected(text.error());
    const auto cidr = model::check_vpc_cidr(request.cidr.empty() ? default_cidr : request.cidr);
    if (!cidr) return unexpected(cidr.error());
    if (auto name = model::check_namespace(request.network_namespace); !name)
        return unexpected(name.error());
    if (auto fit = model::check_tags(request.tags); !fit) return unexpected(fit.error());
    Parameters parameters = Parameters()
                                .add("RegionId", request.region)
                                .add("CidrBlock", to_string(*cidr))
                                .add("VpcName", request.name)
                                .add("Description", request.description)
                                .add("Namespace", request.network_namespace);
    for (const model::Tag& tag : request.tags) parameters.add("Tag", tag.key + "=" + tag.value);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateVpc", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            if (auto free = check_namespace_free(ledger, request.network_namespace); !free)
                return unexpected(free.error());
            const model::Vpc vpc{.id = model::make_vpc_id(ports_.random),
                                 .account = call.actor.account,
                                 .region = request.region,
                                 .name = request.name,
                                 .description = request.description,
                                 .cidr = *cidr,
                                 .network_namespace = request.network_namespace,
                                 .created_at = call.now};
            ledger.vpcs().put(vpc);
            if (auto put = put_tags(ledger, vpc.account, model::TaggedKind::vpc, vpc.id.text,
                                    request.tags);
                !put)
                return unexpected(put.error());
            return Receipt{vpc.id.text, vpc.name};
        });
    if (!receipt) return unexpected(receipt.error());
    return VpcCreated{{receipt->subject}};
}

Outcome<Page<VpcView>> Vpcs::list(const Call& call, const DescribeVpcs& request) {
    const std::lock_guard turn(ports_.turn);
    const std::vector<std::string> ids = model::comma_separated(request.id);
    return look_for<Page<VpcView>>(ports_.books, [&](Ledger& ledger) {
        std::vector<model::Vpc> vpcs = ledger.vpcs().of_account(call.actor.account);
        std::erase_if(vpcs, [&](const model::Vpc& vpc) {
            const bool listed = ids.empty() || std::ranges::find(ids, vpc.id.text) != ids.end();
            return !listed || (!request.name.empty() && vpc.name != request.name) ||
                   !model::has_tags(tags_of(ledger, vpc.id.text), request.tags);
        });
        std::vector<VpcView> views;
        for (model::Vpc& vpc : vpcs) views.push_back(view(ledger, std::move(vpc)));
        return page_of(std::move(views), request.page);
    });
}

Outcome<std::vector<std::string>> Vpcs::regions(const Call& call) {
    const std::lock_guard turn(ports_.turn);
    using Names = std::vector<std::string>;
    return look_for<Names>(ports_.books, [&](Ledger& ledger) -> Outcome<Names> {
        Names regions{"local"};
        for (const model::Vpc& vpc : ledger.vpcs().of_account(call.actor.account))
            if (std::ranges::find(regions, vpc.region) == regions.end())
                regions.push_back(vpc.region);
        return regions;
    });
}

Outcome<VpcView> Vpcs::find(const Call& call, const model::VpcId& id) {
    const std::lock_guard turn(ports_.turn);
    return look_for<VpcView>(ports_.books, [&](Ledger& ledger) -> Outcome<VpcView> {
        auto vpc = own_vpc(ledger, call, id.text);
        if (!vpc) return unexpected(vpc.error());
        return view(ledger, std::move(*vpc));
    });
}

Outcome<void> Vpcs::modify(const Call& call, const ModifyVpc& request) {
    const std::lock_guard turn(ports_.turn);
    if (auto name = model::check_name(request.name.value_or("")); !name) return name;
    if (auto text = model::check_description(request.description.value_or("")); !text) return text;
    const Parameters parameters = Parameters()
                                      .add("VpcId", request.id)
                                      .add("VpcName", request.name)
                                      .add("Description", request.description)
                                      .add("CidrBlock", request.cidr);
    const auto receipt =
        ports_.books.transact(call.actor, token_of(call, "ModifyVpcAttribute", parameters),
                              [&](Ledger& ledger) -> Outcome<Receipt> {
                                  auto vpc = own_vpc(ledger, call, request.id);
                                  if (!vpc) return unexpected(vpc.error());
                                  if (auto fits = apply(ledger, *vpc, request); !fits)
                                      return unexpected(fits.error());
                                  return Receipt{vpc->id.text, vpc->name};
                              });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

Outcome<void> Vpcs::remove(const Call& call, const model::VpcId& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "DeleteVpc", Parameters().add("VpcId", id.text)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto vpc = own_vpc(ledger, call, id.text);
            if (!vpc) return unexpected(vpc.error());
            const auto gateways = ledger.vpn_gateways().below(id.text);
            if (!gateways.empty())
                return model::refuse("DependencyViolation",
                                     fmt::format("The VPC {} still holds the VPN gateway {}; "
                                                 "delete that first.",
                                                 id.text, gateways.front().id.text));
            const auto parts = ledger.vswitches().below(id.text);
            if (!parts.empty())
                return model::refuse("DependencyViolation",
                                     fmt::format("The VPC {} still holds the vSwitch {}; delete "
                                                 "that first.",
                                                 id.text, parts.front().id.text));
            remove_tags(ledger, id.text);
            ledger.vpcs().remove(id.text);
            return Receipt{id.text, vpc->name};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

}  // namespace kanmon::usecases
