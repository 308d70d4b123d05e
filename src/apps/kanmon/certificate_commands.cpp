#include "apps/kanmon/certificate_commands.h"

namespace kanmon::apps {
namespace {

const std::vector<Column> certificate_columns{
    {"ID", "SslVpnClientCertId"},       {"NAME", "Name"},          {"STATUS", "Status"},
    {"EXPIRES", "EndTime", Form::time}, {"BUNDLE", "BundleState"}, {"ADDRESS", "StaticAddress"},
    {"SERVER", "SslVpnServerId"}};
const std::vector<Column> certificate_details{{"certificate", "SslVpnClientCertId"},
                                              {"name", "Name"},
                                              {"server", "SslVpnServerId"},
                                              {"status", "Status"},
                                              {"created", "CreateTime", Form::time},
                                              {"expires", "EndTime", Form::time},
                                              {"static address", "StaticAddress"},
                                              {"bundle revision", "BundleRevision"},
                                              {"holder has revision", "HeldRevision"},
                                              {"holder's bundle", "BundleState"},
                                              {"since", "HeldTime", Form::time}};
const std::vector<Column> authority_details{
    {"server", "SslVpnServerId"},
    {"signed by", "CaOrigin"},
    {"authority ends", "CaEndTime", Form::time},
    {"server's certificate ends", "ServerCertEndTime", Form::time},
    {"clients' authority ends", "ClientCaEndTime", Form::time},
    {"revocation list", "CrlNumber"},
    {"revoked there", "CrlRevoked"},
    {"next list due", "CrlNextUpdate", Form::time},
    {"when it is late", "CrlWhenExpired"},
    {"certificates signed anew", "ReissuedCerts"},
    {"bundle revision", "BundleRevision"}};

const CommandArgument name{"--name", "Name", "a name for people"};
const CommandArgument server_id{"SERVER", "SslVpnServerId", "id of the SSL server, vss-…", true};
const CommandArgument certificate_id{"CERTIFICATE", "SslVpnClientCertId",
                                     "id of the certificate, vsc-…", true};
const CommandArgument static_address{"--address", "StaticAddress",
                                     "tunnel address that it always gets; empty: none"};
const CommandArgument format{"--format", "Format", "zip, ovpn (one file), p12, p12-zip", true};
const CommandArgument password{"--password-file",
                               "Password",
                               "file with the password of a p12; without it one is made",
                               false,
                               false,
                               true};

std::vector<Command> client_certificate_commands() {
    return {
        {"cert",
         "create",
         "make a client certificate",
         "CreateSslVpnClientCert",
         {{"--server", "SslVpnServerId", "id of the SSL server", true}, name, static_address},
         Shape::flat,
         {},
         {{"certificate", "SslVpnClientCertId"}, {"name", "Name"}}},
        {"cert",
         "list",
         "your client certificates",
         "DescribeSslVpnClientCerts",
         {{"--server", "SslVpnServerId", "only those of this server"},
          {"--bundle", "BundleState",
           "only those whose holders' bundle is current, stale, unknown"}},
         Shape::table,
         "SslVpnClientCertKeys.SslVpnClientCertKey",
         certificate_columns},
        {"cert",
         "show",
         "one client certificate",
         "DescribeSslVpnClientCert",
         {certificate_id},
         Shape::flat,
         {},
         certificate_details},
        {"cert",
         "rename",
         "give a certificate another name",
         "ModifySslVpnClientCert",
         {certificate_id, {"--name", "Name", "the new name", true}}},
        {"cert",
         "modify",
         "change a certificate; what is not given stays",
         "ModifySslVpnClientCert",
         {certificate_id, name, static_address}},
        {"cert",
         "renew",
         "make a new key and certificate; the old one goes on for a while",
         "RenewSslVpnClientCert",
         {certificate_id,
          {"--overlap", "OverlapSeconds", "seconds the old one stays good; 604800, a week"}},
         Shape::flat,
         {},
         {{"certificate", "SslVpnClientCertId"},
          {"expires", "EndTime", Form::time},
          {"the old one ends", "PredecessorEndTime", Form::time}}},
        {"cert",
         "delete",
         "revoke a certificate; its holders are told to go",
         "DeleteSslVpnClientCert",
         {certificate_id}},
    };
}

std::vector<Command> bundle_commands() {
    return {
        {"cert",
         "bundle",
         "write what a client needs to a file",
         "GetSslVpnClientCertBundle",
         {certificate_id, format, password},
         Shape::file},
        {"cert",
         "link",
         "an address that gives the bundle once, within ten minutes",
         "CreateSslVpnClientCertLink",
         {certificate_id, format, password},
         Shape::link,
         {},
         {{"link", "LinkId"},
          {"good until", "ExpireTime", Form::time},
          {"password, shown once", "Password"}}},
        {"cert",
         "unlink",
         "take a link back that nobody has used",
         "DeleteSslVpnClientCertLink",
         {{"LINK", "LinkId", "id of the link, lnk-…", true}}},
    };
}

std::vector<Command> authority_commands() {
    return {
        {"ca",
         "show",
         "who signs for an SSL server",
         "DescribeSslVpnServerCa",
         {server_id},
         Shape::flat,
         {},
         authority_details},
        {"ca",
         "import",
         "take an authority of yours; without its key you sign clients' certificates elsewhere",
         "ImportSslVpnServerCa",
         {server_id,
          {"--certificate-file", "CaCertificate", "PEM, the authority first, its root last", true,
           false, false, true},
          {"--key-file", "CaPrivateKey", "PEM, its private key", false, false, false, true}},
         Shape::flat,
         {},
         authority_details},
        {"ca",
         "remove",
         "go back to an authority of the server's own",
         "RemoveSslVpnServerCa",
         {server_id},
         Shape::flat,
         {},
         authority_details},
        {"ca",
         "crl",
         "give the revocation list of an imported authority",
         "UploadSslVpnServerCrl",
         {server_id,
          {"--file", "Crl", "PEM", true, false, false, true},
          {"--when-expired", "WhenExpired", "refuse (nobody enters) or accept; refuse"}},
         Shape::flat,
         {},
         authority_details},
        {"ca",
         "renew",
         "make a new certificate of the server itself; clients come again",
         "RenewSslVpnServerCert",
         {server_id},
         Shape::flat,
         {},
         authority_details},
        {"ca",
         "profile",
         "write a configuration for clients whose certificates you sign, or who need none",
         "GetSslVpnServerProfile",
         {server_id},
         Shape::file},
        {"events",
         "",
         "what happened by itself: certificates that end soon",
         "DescribeEvents",
         {{"--kind", "Kind", "only these, such as CertificateExpiresSoon"},
          {"--resource", "ResourceId", "only those of this certificate or server"},
          {"--server", "SslVpnServerId", "only those of this SSL server"}},
         Shape::table,
         "Events.Event",
         {{"TIME", "Time", Form::time},
          {"KIND", "Kind"},
          {"RESOURCE", "ResourceId"},
          {"MESSAGE", "Message"}}},
    };
}

}  // namespace

std::vector<Command> certificate_commands() {
    std::vector<Command> all = client_certificate_commands();
    for (auto part : {bundle_commands(), authority_commands()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace kanmon::apps
