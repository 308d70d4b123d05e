#include "controlplane/usecases/customer_gateways.h"

#include <fmt/core.h>

#include "base/escape.h"
#include "controlplane/model/name.h"
#include "controlplane/usecases/noted_times.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/tagging.h"

namespace kanmon::usecases {

namespace {

Outcome<void> check_texts(std::string_view name, std::string_view description) {
    if (auto fits = model::check_name(name); !fits) return fits;
    return model::check_description(description);
}

Outcome<Buffer> seal_key(Sealer& sealer, const SecretBuffer& key,
                         const model::CustomerGatewayId& id) {
    if (key.empty()) return Buffer();
    if (auto fits = model::check_auth_key(text_view(key.view())); !fits)
        return unexpected(fits.error());
    return sealer.seal(key.view(), id.text);
}

Outcome<model::CustomerGateway> checked(const CreateCustomerGateway& request) {
    if (request.address.empty()) return model::missing("IpAddress");
    model::CustomerGateway gateway;
    gateway.region = request.region;
    gateway.name = request.name;
    gateway.description = request.description;
    gateway.resource_group = request.resource_group;
    const auto address = model::check_customer_address(request.address);
    if (!address) return unexpected(address.error());
    gateway.address = *address;
    if (!request.asn.empty()) {
        const auto asn = model::check_asn(request.asn);
        if (!asn) return unexpected(asn.error());
        gateway.asn = *asn;
    }
    if (auto fit = check_texts(request.name, request.description); !fit)
        return unexpected(fit.error());
    if (auto fits = check_resource_group("ResourceGroupId", request.resource_group); !fits)
        return unexpected(fits.error());
    if (auto fit = model::check_tags(request.tags); !fit) return unexpected(fit.error());
    return gateway;
}

Outcome<void> check_room(Ledger& ledger, const Installation& installation,
                         const model::CustomerGateway& gateway) {
    auto present = ledger.customer_gateways().of_account(gateway.account);
    std::erase_if(present, [&](const auto& other) { return other.region != gateway.region; });
    if (present.size() >= installation.customer_gateways_per_region)
        return model::refuse("Resource.QuotaFull",
                             fmt::format("The account has {} customer gateways in {}, its maximum "
                                         "of a region; delete one first.",
                                         present.size(), gateway.region));
    for (const model::CustomerGateway& other : present)
        if (other.address == gateway.address)
            return model::refuse(
                "InvalidIpAddress.AlreadyExist",
                fmt::format("{} is the address of the customer gateway {} in {} "
                            "already; use that one.",
                            to_string(gateway.address), other.id.text, gateway.region));
    return {};
}

}  // namespace

Outcome<CustomerGatewayView> CustomerGateways::view(Ledger& ledger,
                                                    model::CustomerGateway gateway) {
    CustomerGatewayView view{.gateway = std::move(gateway), .auth_key = {}, .tags = {}};
    view.tags = tags_of(ledger, view.gateway.id.text);
    if (view.gateway.sealed_auth_key.empty()) return view;
    auto key = ports_.sealer.unseal(view.gateway.sealed_auth_key, view.gateway.id.text);
    if (!key) return unexpected(key.error());
    view.auth_key = std::move(*key);
    return view;
}

Outcome<CustomerGatewayView> CustomerGateways::create(const Call& call,
                                                      const CreateCustomerGateway& request) {
    const std::lock_guard turn(ports_.turn);
    auto gateway = checked(request);
    if (!gateway) return unexpected(gateway.error());
    gateway->id = model::make_customer_gateway_id(ports_.random);
    gateway->account = call.actor.account;
    gateway->created_at = call.now;
    auto sealed = seal_key(ports_.sealer, request.auth_key, gateway->id);
    if (!sealed) return unexpected(sealed.error());
    gateway->sealed_auth_key = std::move(*sealed);
    Parameters parameters;
    parameters.add("RegionId", request.region)
        .add("IpAddress", request.address)
        .add("Name", request.name)
        .add("Description", request.description)
        .add("Asn", request.asn)
        .add("AuthKeyGiven", !request.auth_key.empty())
        .add("ResourceGroupId", request.resource_group);
    for (const model::Tag& tag : request.tags) parameters.add("Tag", tag.key + "=" + tag.value);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateCustomerGateway", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            if (auto room = check_room(ledger, ports_.installation, *gateway); !room)
                return unexpected(room.error());
            ledger.customer_gateways().put(*gateway);
            if (auto put = put_tags(ledger, call.actor.account, model::TaggedKind::customer_gateway,
                                    gateway->id.text, request.tags);
                !put)
                return unexpected(put.error());
            return note_times(gateway->id.text, {{gateway->created_at}, gateway->name});
        });
    if (!receipt) return unexpected(receipt.error());
    // A repeated call made nothing, but asked for the same: what was made then is told again.
    const auto noted = read_times(*receipt, 1);
    if (!noted) return unexpected(noted.error());
    gateway->id.text = receipt->subject;
    gateway->created_at = noted->times.front();
    return CustomerGatewayView{
        .gateway = std::move(*gateway), .auth_key = request.auth_key, .tags = request.tags};
}

Outcome<CustomerGatewayView> CustomerGateways::find(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    return look_for<CustomerGatewayView>(ports_.books,
                                         [&](Ledger& ledger) -> Outcome<CustomerGatewayView> {
                                             auto gateway = own_customer_gateway(ledger, call, id);
                                             if (!gateway) return unexpected(gateway.error());
                                             return view(ledger, std::move(*gateway));
                                         });
}

Outcome<Page<CustomerGatewayView>> CustomerGateways::list(const Call& call,
                                                          const DescribeCustomerGateways& request) {
    const std::lock_guard turn(ports_.turn);
    using Views = Page<CustomerGatewayView>;
    return look_for<Views>(ports_.books, [&](Ledger& ledger) -> Outcome<Views> {
        std::vector<CustomerGatewayView> views;
        for (auto& gateway : ledger.customer_gateways().of_account(call.actor.account)) {
            if (!request.id.empty() && gateway.id.text != request.id) continue;
            if (!request.resource_group.empty() && gateway.resource_group != request.resource_group)
                continue;
            auto shown = view(ledger, std::move(gateway));
            if (!shown) return unexpected(shown.error());
            if (!model::has_tags(shown->tags, request.tags)) continue;
            views.push_back(std::move(*shown));
        }
        return page_of(std::move(views), request.page);
    });
}

Outcome<CustomerGatewayView> CustomerGateways::modify(const Call& call,
                                                      const ModifyCustomerGateway& request) {
    const std::lock_guard turn(ports_.turn);
    const Parameters parameters = Parameters()
                                      .add("CustomerGatewayId", request.id)
                                      .add("Name", request.name)
                                      .add("Description", request.description)
                                      .add("AuthKeyChanged", request.auth_key.has_value());
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "ModifyCustomerGatewayAttribute", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            auto gateway = own_customer_gateway(ledger, call, request.id);
            if (!gateway) return unexpected(gateway.error());
            if (request.name) gateway->name = *request.name;
            if (request.description) gateway->description = *request.description;
            if (auto fit = check_texts(gateway->name, gateway->description); !fit)
                return unexpected(fit.error());
            if (request.auth_key) {
                auto sealed = seal_key(ports_.sealer, *request.auth_key, gateway->id);
                if (!sealed) return unexpected(sealed.error());
                gateway->sealed_auth_key = std::move(*sealed);
            }
            ledger.customer_gateways().put(*gateway);
            return Receipt{gateway->id.text, gateway->name};
        });
    if (!receipt) return unexpected(receipt.error());
    return look_for<CustomerGatewayView>(
        ports_.books, [&](Ledger& ledger) -> Outcome<CustomerGatewayView> {
            auto gateway = own_customer_gateway(ledger, call, request.id);
            if (!gateway) return unexpected(gateway.error());
            return view(ledger, std::move(*gateway));
        });
}

Outcome<void> CustomerGateways::remove(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(call, "DeleteCustomerGateway", Parameters().add("CustomerGatewayId", id)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto gateway = own_customer_gateway(ledger, call, id);
            if (!gateway) return unexpected(gateway.error());
            for (const auto& tunnel : ledger.ipsec_tunnels().of_account(call.actor.account))
                if (tunnel.customer_gateway == gateway->id)
                    return model::refuse("DependencyViolation",
                                         fmt::format("The IPsec connection {} leads to the "
                                                     "customer gateway {}; delete that first.",
                                                     tunnel.connection.text, id));
            remove_tags(ledger, id);
            ledger.customer_gateways().remove(id);
            return Receipt{id, gateway->name};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

}  // namespace kanmon::usecases
