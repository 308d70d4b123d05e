// Customer gateways: the other ends of IPsec connections.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

/// What Describe… answers, flat or as a row.
JsonObject customer_gateway_fields(const usecases::CustomerGatewayView& view) {
    const model::CustomerGateway& gateway = view.gateway;
    JsonObject fields;
    fields.text("CustomerGatewayId", gateway.id.text)
        .text("IpAddress", to_string(gateway.address))
        .text("Name", gateway.name)
        .text("Description", gateway.description)
        .text("ResourceGroupId", gateway.resource_group)
        .number("CreateTime", milliseconds(gateway.created_at));
    if (gateway.asn != 0) fields.number("Asn", gateway.asn);
    if (!view.auth_key.empty()) fields.secret("AuthKey", text_view(view.auth_key.view()));
    add_tags(fields, "Tags", view.tags);
    return fields;
}

JsonObject short_fields(const usecases::CustomerGatewayView& view) {
    const model::CustomerGateway& gateway = view.gateway;
    JsonObject fields;
    fields.text("CustomerGatewayId", gateway.id.text)
        .text("IpAddress", to_string(gateway.address))
        .text("Name", gateway.name)
        .text("Description", gateway.description)
        .text("ResourceGroupId", gateway.resource_group)
        .number("CreateTime", milliseconds(gateway.created_at));
    return fields;
}

}  // namespace

ActionAnswer create_customer_gateway(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    usecases::CreateCustomerGateway wanted{.region = read.region(),
                                           .address = read.required("IpAddress"),
                                           .name = read.text("Name"),
                                           .description = read.text("Description"),
                                           .asn = read.text("Asn"),
                                           .auth_key = SecretBuffer(as_bytes(read.text("AuthKey"))),
                                           .resource_group = read.text("ResourceGroupId"),
                                           .tags = read.tags("Tags")};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.customer_gateways.create(request.call, checked);
        })
        .map(short_fields);
}

ActionAnswer describe_customer_gateway(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("CustomerGatewayId"))
        .and_then(
            [&](const auto& id) { return request.plane.customer_gateways.find(request.call, id); })
        .map(customer_gateway_fields);
}

ActionAnswer describe_customer_gateways(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DescribeCustomerGateways wanted{.id = read.text("CustomerGatewayId"),
                                              .resource_group = read.text("ResourceGroupId"),
                                              .tags = read.tags("Tag"),
                                              .page = read.page()};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.customer_gateways.list(request.call, checked);
        })
        .map([](const auto& page) {
            return page_answer(page, "CustomerGateways", "CustomerGateway",
                               customer_gateway_fields);
        });
}

ActionAnswer modify_customer_gateway_attribute(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::ModifyCustomerGateway wanted;
    wanted.id = read.required("CustomerGatewayId");
    wanted.name = read.optional_text("Name");
    wanted.description = read.optional_text("Description");
    if (const auto key = read.optional_text("AuthKey"))
        wanted.auth_key = SecretBuffer(as_bytes(*key));
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.customer_gateways.modify(request.call, checked);
        })
        .map(short_fields);
}

ActionAnswer delete_customer_gateway(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("CustomerGatewayId"))
        .and_then([&](const auto& id) {
            return request.plane.customer_gateways.remove(request.call, id);
        })
        .map([] { return JsonObject(); });
}

}  // namespace kanmon::api
