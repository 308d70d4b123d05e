#include "controlplane/model/finding.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace kanmon::model {

namespace {

struct Fix {
    std::string_view code;  // of the cause, or of the FAQ's row
    std::string_view words;
    std::string_view action;
};
constexpr std::string_view over_tcp =
    "let the server listen on TCP too (ExtraListeners) and the client connect that way";
constexpr std::array fixes{
    Fix{"CERT-STALE", "download the bundle again and give it to the client",
        "GetSslVpnClientCertBundle"},
    Fix{"CONF-CLIENT", "download the bundle again and replace what the client has by it",
        "GetSslVpnClientCertBundle"},
    Fix{"certificate_expired", "renew the certificate and give the client its new bundle",
        "RenewSslVpnClientCert"},
    Fix{"certificate_not_yet_valid", "let the gateway take its time from the network", ""},
    Fix{"CERT-EXPIRED", "make another certificate and give the client its bundle",
        "CreateSslVpnClientCert"},
    Fix{"CONN-LIMIT",
        "raise SslConnections of the gateway, or release held slots; nobody is dropped by either",
        "ModifyVpnGatewayAttribute"},
    Fix{"POOL-SMALL", "take a larger ClientIpPool, or the topology subnet with one address each",
        "ModifySslVpnServer"},
    Fix{"CLOCK-SKEW", "let the client's system take its time from the network", ""},
    Fix{"LINK-UNSTABLE", over_tcp, "ModifySslVpnServer"},
    Fix{"LINK-FAR", over_tcp, "ModifySslVpnServer"},
    Fix{"BANDWIDTH", "raise the gateway's Bandwidth, or what each client may have of it",
        "ModifyVpnGatewayAttribute"},
    Fix{"CONN-PHANTOM",
        "let the server listen on TCP too (ExtraListeners): there a client that goes is noticed",
        "ModifySslVpnServer"},
    Fix{"CLIENT-FAULT", "look at this client's own network, and update its VPN program", ""},
    Fix{"APP-CONFLICT", "give each program a certificate of its own", "CreateSslVpnClientCert"},
    Fix{"SERVER-CHANGED", "switch SSL-VPN on again", "ModifyVpnGatewayAttribute"},
};

}  // namespace

void give_fix(Finding& finding) {
    auto fix = std::ranges::find(fixes, finding.cause, &Fix::code);
    if (fix == fixes.end()) fix = std::ranges::find(fixes, finding.code, &Fix::code);
    if (fix == fixes.end()) return;
    finding.fix = fix->words;
    finding.action = fix->action;
}

std::string_view confidence_text(Confidence confidence) {
    switch (confidence) {
        case Confidence::certain:
            return "certain";
        case Confidence::likely:
            return "likely";
        case Confidence::possible:
            break;
    }
    return "possible";
}

std::vector<Finding> findings_of(const ServerEvidence& server, UnixTime now) {
    std::vector<Finding> found = findings_of_clients(server, now);
    std::ranges::move(findings_of_records(server, now), std::back_inserter(found));
    return found;
}

}  // namespace kanmon::model
