// Who signs for an SSL server, what has been revoked elsewhere, and the events that tell of ends:
// all extensions of Kanmon.
#include <fmt/core.h>

#include "base/escape.h"
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

JsonObject authority_fields(const usecases::AuthorityView& view) {
    JsonObject fields;
    fields.text("SslVpnServerId", view.server.id.text)
        .text("CaOrigin", model::origin_text(view.server.origin))
        .text("CaCert", view.server.authority_pem)
        .number("CaEndTime", milliseconds(view.authority_ends_at))
        .number("ServerCertEndTime", milliseconds(view.certificate_ends_at))
        .text("BundleRevision", view.server.revision);
    if (view.server.origin == model::AuthorityOrigin::elsewhere)
        fields.text("ClientCaCert", view.server.client_authority_pem)
            .number("ClientCaEndTime", milliseconds(view.client_authority_ends_at));
    if (view.revocation_list)
        fields.text("CrlNumber", view.revocation_list->number)
            .number("CrlNextUpdate", milliseconds(view.revocation_list->next_update))
            .number("CrlRevoked", std::uint64_t{view.revocation_list->serials.size()})
            .text("CrlWhenExpired",
                  view.revocation_list->refuse_when_expired ? "refuse" : "accept");
    return fields;
}

JsonObject changed_fields(const usecases::AuthorityChanged& changed) {
    JsonObject fields = authority_fields(changed.view);
    fields.number("ReissuedCerts", std::uint64_t{changed.reissued});
    return fields;
}

JsonObject event_fields(const model::Event& event) {
    JsonObject fields;
    fields.number("EventId", event.number)
        .number("Time", milliseconds(event.at))
        .text("Kind", event.kind)
        .text("ResourceId", event.resource)
        .text("SslVpnServerId", event.server)
        .text("Message", event.message);
    return fields;
}

/// Missing or refuse: true; accept: false.
model::Outcome<bool> check_when_expired(const std::string& text) {
    if (text.empty() || text == "refuse") return true;
    if (text == "accept") return false;
    return model::illegal("WhenExpired",
                          fmt::format("WhenExpired is '{}'; it can be refuse (nobody enters until "
                                      "a newer list is there) or accept (the old one goes on).",
                                      escaped(text, 64)));
}

}  // namespace

ActionAnswer import_ssl_vpn_server_ca(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::ImportAuthority wanted{.server = read.required("SslVpnServerId"),
                                     .certificates_pem = read.required("CaCertificate"),
                                     .private_key_pem = read.optional_secret("CaPrivateKey")};
    if (wanted.private_key_pem && wanted.private_key_pem->empty()) wanted.private_key_pem.reset();
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.server_authorities.import(request.call, checked);
        })
        .map(changed_fields);
}

ActionAnswer remove_ssl_vpn_server_ca(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("SslVpnServerId"))
        .and_then([&](const std::string& id) {
            return request.plane.server_authorities.reset(request.call, id);
        })
        .map(changed_fields);
}

ActionAnswer renew_ssl_vpn_server_cert(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("SslVpnServerId"))
        .and_then([&](const std::string& id) {
            return request.plane.server_authorities.renew_certificate(request.call, id);
        })
        .map(authority_fields);
}

ActionAnswer upload_ssl_vpn_server_crl(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::UploadRevocationList wanted{.server = read.required("SslVpnServerId"),
                                          .pem = read.required("Crl")};
    return read.finish(read.text("WhenExpired"))
        .and_then(check_when_expired)
        .and_then([&](bool refuse) {
            wanted.refuse_when_expired = refuse;
            return request.plane.server_authorities.upload(request.call, wanted);
        })
        .map(authority_fields);
}

ActionAnswer describe_ssl_vpn_server_ca(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("SslVpnServerId"))
        .and_then([&](const std::string& id) {
            return request.plane.server_authorities.find(request.call, id);
        })
        .map(authority_fields);
}

ActionAnswer describe_events(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const usecases::DescribeEvents wanted{.kind = read.text("Kind"),
                                          .resource = read.text("ResourceId"),
                                          .server = read.text("SslVpnServerId"),
                                          .page = read.page()};
    return read.finish(wanted)
        .and_then(
            [&](const auto& checked) { return request.plane.events.list(request.call, checked); })
        .map([](const auto& page) { return page_answer(page, "Events", "Event", event_fields); });
}

}  // namespace kanmon::api
