#include "controlplane/usecases/vswitches.h"

#include <fmt/core.h>

#include <algorithm>

#include "controlplane/model/name.h"
#include "controlplane/model/network.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/tagging.h"

namespace kanmon::usecases {

namespace {

VSwitchView view(Ledger& ledger, model::VSwitch part) {
    const auto vpc = ledger.vpcs().find(part.vpc.text);
    model::Tags tags = tags_of(ledger, part.id.text);
    return {std::move(part), vpc ? vpc->region : std::string(), std::move(tags)};
}

Outcome<void> check(const CreateVSwitch& request) {
    if (request.vpc.empty()) return model::missing("VpcId");
    if (request.zone.empty()) return model::missing("ZoneId");
    if (request.cidr.empty()) return model::missing("CidrBlock");
    if (auto fits = model::check_name(request.name); !fits) return fits;
    if (auto fits = model::check_description(request.description); !fits) return fits;
    if (auto fit = model::check_tags(request.tags); !fit) return fit;
    return model::check_zone(request.zone, request.region);
}

}  // namespace

Outcome<model::VSwitchId> VSwitches::create(const Call& call, const CreateVSwitch& request) {
    const std::lock_guard turn(ports_.turn);
    if (auto fits = check(request); !fits) return unexpected(fits.error());
    Parameters parameters = Parameters()
                                .add("RegionId", request.region)
                                .add("VpcId", request.vpc)
                                .add("ZoneId", request.zone)
                                .add("CidrBlock", request.cidr)
                                .add("VSwitchName", request.name)
                                .add("Description", request.description);
    for (const model::Tag& tag : request.tags) parameters.add("Tag", tag.key + "=" + tag.value);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateVSwitch", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto vpc = own_vpc(ledger, call, request.vpc);
            if (!vpc) return unexpected(vpc.error());
            const auto others = ledger.vswitches().below(vpc->id.text);
            if (others.size() >= ports_.installation.vswitches_per_vpc)
                return model::refuse("Resource.QuotaFull",
                                     fmt::format("The VPC {} has {} vSwitches, its maximum; delete "
                                                 "one first.",
                                                 vpc->id.text, others.size()));
            const auto cidr = model::check_vswitch_cidr(request.cidr, *vpc, others);
            if (!cidr) return unexpected(cidr.error());
            const model::VSwitch part{.id = model::make_vswitch_id(ports_.random),
                                      .account = call.actor.account,
                                      .vpc = vpc->id,
                                      .zone = request.zone,
                                      .cidr = *cidr,
                                      .name = request.name,
                                      .description = request.description,
                                      .created_at = call.now};
            ledger.vswitches().put(part);
            if (auto put = put_tags(ledger, part.account, model::TaggedKind::vswitch, part.id.text,
                                    request.tags);
                !put)
                return unexpected(put.error());
            return Receipt{part.id.text, part.name};
        });
    if (!receipt) return unexpected(receipt.error());
    return model::VSwitchId{receipt->subject};
}

Outcome<VSwitchView> VSwitches::find(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    return look_for<VSwitchView>(ports_.books, [&](Ledger& ledger) -> Outcome<VSwitchView> {
        auto part = own_vswitch(ledger, call, id);
        if (!part) return unexpected(part.error());
        return view(ledger, std::move(*part));
    });
}

Outcome<Page<VSwitchView>> VSwitches::list(const Call& call, const DescribeVSwitches& request) {
    const std::lock_guard turn(ports_.turn);
    const std::vector<std::string> ids = model::comma_separated(request.id);
    return look_for<Page<VSwitchView>>(ports_.books, [&](Ledger& ledger) {
        std::vector<VSwitchView> views;
        for (model::VSwitch& part : ledger.vswitches().of_account(call.actor.account)) {
            if (!ids.empty() && std::ranges::find(ids, part.id.text) == ids.end()) continue;
            if (!request.vpc.empty() && part.vpc.text != request.vpc) continue;
            if (!request.zone.empty() && part.zone != request.zone) continue;
            if (!request.name.empty() && part.name != request.name) continue;
            if (!model::has_tags(tags_of(ledger, part.id.text), request.tags)) continue;
            views.push_back(view(ledger, std::move(part)));
        }
        return page_of(std::move(views), request.page);
    });
}

Outcome<void> VSwitches::modify(const Call& call, const ModifyVSwitch& request) {
    const std::lock_guard turn(ports_.turn);
    if (auto name = model::check_name(request.name.value_or("")); !name) return name;
    if (auto text = model::check_description(request.description.value_or("")); !text) return text;
    const Parameters parameters = Parameters()
                                      .add("VSwitchId", request.id)
                                      .add("VSwitchName", request.name)
                                      .add("Description", request.description);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "ModifyVSwitchAttribute", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            auto part = own_vswitch(ledger, call, request.id);
            if (!part) return unexpected(part.error());
            part->name = request.name.value_or(part->name);
            part->description = request.description.value_or(part->description);
            ledger.vswitches().put(*part);
            return Receipt{part->id.text, part->name};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

Outcome<void> VSwitches::remove(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "DeleteVSwitch", Parameters().add("VSwitchId", id)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto part = own_vswitch(ledger, call, id);
            if (!part) return unexpected(part.error());
            for (const model::VpnGateway& gateway : ledger.vpn_gateways().below(part->vpc.text))
                if (gateway.vswitch == part->id || gateway.second_vswitch == part->id)
                    return model::refuse("DependencyViolation",
                                         fmt::format("The VPN gateway {} is in the vSwitch {}; "
                                                     "delete that first.",
                                                     gateway.id.text, id));
            remove_tags(ledger, id);
            ledger.vswitches().remove(id);
            return Receipt{id, part->name};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

}  // namespace kanmon::usecases
