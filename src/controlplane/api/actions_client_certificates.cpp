// SSL client certificates. Renewal, bundles, their links and `StaticAddress` are Kanmon's
// extensions: the original gives the pieces of a bundle only.
#include <fmt/core.h>

#include "base/escape.h"
#include "controlplane/api/actions.h"
#include "controlplane/api/digest.h"
#include "controlplane/api/downloads.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

JsonObject certificate_fields(const usecases::ClientCertificateView& view) {
    const model::ClientCertificate& certificate = view.certificate;
    JsonObject fields;
    fields.text("RegionId", view.region)
        .text("SslVpnClientCertId", certificate.id.text)
        .text("SslVpnServerId", certificate.server.text)
        .text("Name", certificate.name)
        .number("CreateTime", milliseconds(certificate.created_at))
        .number("EndTime", milliseconds(certificate.not_after))
        .text("Status", view.status)
        .text("ResourceGroupId", view.resource_group)
        .text("StaticAddress",
              certificate.static_address ? to_string(*certificate.static_address) : std::string())
        .text("BundleState", view.bundle_state)
        .text("HeldRevision", view.held ? view.held->revision : std::string());
    if (view.held) fields.number("HeldTime", milliseconds(view.held->held_at));
    return fields;
}

JsonObject predecessor_fields(const model::RevokedCertificate& row) {
    JsonObject fields;
    fields.text("Serial", row.serial).number("EndTime", milliseconds(row.revoked_at));
    return fields;
}

JsonObject named(const usecases::ClientCertificateNamed& certificate) {
    JsonObject answer;
    answer.text("SslVpnClientCertId", certificate.id.text).text("Name", certificate.name);
    return answer;
}

/// `wanted` with its Format and Password.
template <class Wanted>
model::Outcome<Wanted> with_form(ParameterReader& read, Wanted wanted) {
    wanted.password = read.optional_secret("Password");
    return read.finish(read.required("Format"))
        .and_then([](const std::string& format) { return model::check_bundle_format(format); })
        .and_then([&](model::BundleFormat format) {
            wanted.format = format;
            return read.finish(wanted);
        });
}

/// The answer's `Password`, where one was made.
void add_password(JsonObject& answer, const SecretBuffer& password) {
    if (!password.empty()) answer.text("Password", as_text(password.view()));
}

JsonObject packed_fields(const usecases::PackedBundle& packed) {
    JsonObject answer;
    answer.text("FileName", packed.file_name)
        .text("BundleRevision", packed.revision)
        .text("Content", base64(packed.content.view()));
    return answer;
}

model::Outcome<usecases::DescribeClientCertificates> check_state(
    usecases::DescribeClientCertificates wanted) {
    for (const std::string_view known : {"", "current", "stale", "unknown"})
        if (wanted.bundle_state == known) return wanted;
    return model::illegal("BundleState",
                          fmt::format("BundleState is '{}'; it can be current, stale or unknown.",
                                      escaped(wanted.bundle_state, 64)));
}

}  // namespace

ActionAnswer create_ssl_vpn_client_cert(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::CreateClientCertificate wanted{.server = read.required("SslVpnServerId"),
                                             .name = read.text("Name"),
                                             .static_address = read.text("StaticAddress")};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.client_certificates.create(request.call, checked);
        })
        .map(named);
}

ActionAnswer describe_ssl_vpn_client_cert(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(model::ClientCertificateId{read.required("SslVpnClientCertId")})
        .and_then([&](const auto& id) {
            return request.plane.client_certificates.find(request.call, id);
        })
        .map([](const usecases::ClientCertificateDetail& detail) {
            JsonObject answer = certificate_fields(detail.view);
            answer.text("CaCert", detail.authority_pem)
                .text("ClientCert", detail.view.certificate.certificate_pem)
                .secret("ClientKey", as_text(detail.private_key_pem.view()))
                .secret("ClientConfig", detail.client_config)
                .text("BundleRevision", detail.revision)
                .list("Predecessors", rows_of(detail.predecessors, predecessor_fields));
            return answer;
        });
}

ActionAnswer describe_ssl_vpn_client_certs(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DescribeClientCertificates wanted{.id = read.text("SslVpnClientCertId"),
                                                .server = read.text("SslVpnServerId"),
                                                .name = read.text("Name"),
                                                .bundle_state = read.text("BundleState"),
                                                .resource_group = read.text("ResourceGroupId"),
                                                .page = read.page()};
    return read.finish(wanted)
        .and_then(check_state)
        .and_then([&](const auto& checked) {
            return request.plane.client_certificates.list(request.call, checked);
        })
        .map([](const auto& page) {
            return page_answer(page, "SslVpnClientCertKeys", "SslVpnClientCertKey",
                               certificate_fields);
        });
}

ActionAnswer modify_ssl_vpn_client_cert(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const usecases::ModifyClientCertificate wanted{
        .id = {read.required("SslVpnClientCertId")},
        .name = read.optional_text("Name"),
        .static_address = read.optional_text("StaticAddress")};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.client_certificates.modify(request.call, checked);
        })
        .map(named);
}

ActionAnswer delete_ssl_vpn_client_cert(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(model::ClientCertificateId{read.required("SslVpnClientCertId")})
        .and_then([&](const auto& id) {
            return request.plane.client_certificates.remove(request.call, id);
        })
        .map([] { return JsonObject(); });
}

ActionAnswer get_ssl_vpn_client_cert_bundle(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const auto wanted =
        with_form(read, usecases::GetBundle{.id = {read.required("SslVpnClientCertId")}});
    return wanted
        .and_then([&](const auto& checked) {
            return request.plane.client_certificates.bundle(request.call, checked);
        })
        .map([&](const usecases::Bundle& bundle) {
            JsonObject answer = packed_fields(bundle.packed);
            answer.text("SslVpnClientCertId", wanted->id.text)
                .text("Format", model::bundle_format_text(wanted->format));
            add_password(answer, bundle.made_password);
            return answer;
        });
}

ActionAnswer get_ssl_vpn_server_profile(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("SslVpnServerId"))
        .and_then([&](const std::string& id) {
            return request.plane.server_authorities.profile(request.call, id);
        })
        .map(packed_fields);
}

ActionAnswer renew_ssl_vpn_client_cert(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const usecases::RenewClientCertificate wanted{
        .id = {read.required("SslVpnClientCertId")},
        .overlap_seconds =
            read.optional_number("OverlapSeconds").value_or(model::usual_overlap.count())};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.client_certificates.renew(request.call, checked);
        })
        .map([](const usecases::ClientCertificateRenewed& renewed) {
            JsonObject answer;
            answer.text("SslVpnClientCertId", renewed.id.text)
                .text("Name", renewed.name)
                .number("EndTime", milliseconds(renewed.not_after))
                .number("PredecessorEndTime", milliseconds(renewed.predecessor_ends_at));
            return answer;
        });
}

ActionAnswer create_ssl_vpn_client_cert_link(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return with_form(
               read,
               usecases::CreateBundleLink{.certificate = {read.required("SslVpnClientCertId")}})
        .and_then([&](const auto& checked) {
            return request.plane.bundle_links.create(request.call, checked);
        })
        .map([](const usecases::BundleLinkCreated& created) {
            JsonObject answer;
            answer.text("LinkId", created.ticket.id.text)
                .text("Path", std::string(bundle_path) + model::ticket_text(created.ticket))
                .number("ExpireTime", milliseconds(created.expires_at));
            add_password(answer, created.made_password);
            return answer;
        });
}

ActionAnswer delete_ssl_vpn_client_cert_link(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(model::BundleLinkId{read.required("LinkId")})
        .and_then(
            [&](const auto& id) { return request.plane.bundle_links.remove(request.call, id); })
        .map([] { return JsonObject(); });
}

}  // namespace kanmon::api
