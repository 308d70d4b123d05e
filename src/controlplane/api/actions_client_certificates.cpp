// SSL client certificates. GetSslVpnClientCertBundle and `StaticAddress` are Kanmon's extensions:
// the original gives the pieces of a bundle only.
#include <fmt/core.h>

#include "base/escape.h"
#include "controlplane/api/actions.h"
#include "controlplane/api/digest.h"
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
        .text("ResourceGroupId", "")
        .text("StaticAddress",
              certificate.static_address ? to_string(*certificate.static_address) : std::string());
    return fields;
}

JsonObject named(const usecases::ClientCertificateNamed& certificate) {
    JsonObject answer;
    answer.text("SslVpnClientCertId", certificate.id.text).text("Name", certificate.name);
    return answer;
}

struct WantedBundle {
    model::ClientCertificateId id;
    std::string format;
};

model::Outcome<WantedBundle> check_format(const WantedBundle& wanted) {
    if (wanted.format == "zip" || wanted.format == "ovpn") return wanted;
    return model::illegal("Format", fmt::format("Format is '{}'; it can be zip or ovpn.",
                                                escaped(wanted.format, 64)));
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
                .text("ClientKey", as_text(detail.private_key_pem.view()))
                .text("ClientConfig", detail.client_config)
                .text("BundleRevision", detail.revision);
            return answer;
        });
}

ActionAnswer describe_ssl_vpn_client_certs(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DescribeClientCertificates wanted{.id = read.text("SslVpnClientCertId"),
                                                .server = read.text("SslVpnServerId"),
                                                .name = read.text("Name"),
                                                .page = read.page()};
    return read.finish(wanted)
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
    const WantedBundle wanted{{read.required("SslVpnClientCertId")}, read.required("Format")};
    return read.finish(wanted)
        .and_then(check_format)
        .and_then([&](const WantedBundle& checked) {
            return request.plane.client_certificates.bundle(request.call, checked.id);
        })
        .map([&](const usecases::Bundle& bundle) {
            const bool zip = wanted.format == "zip";
            JsonObject answer;
            answer.text("SslVpnClientCertId", wanted.id.text)
                .text("Format", wanted.format)
                .text("FileName", fmt::format("{}.{}", wanted.id.text, wanted.format))
                .text("BundleRevision", bundle.revision)
                .text("Content", base64(zip ? Bytes(bundle.zip) : bundle.single_file.view()));
            return answer;
        });
}

}  // namespace kanmon::api
