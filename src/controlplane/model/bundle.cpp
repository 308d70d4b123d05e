#include "controlplane/model/bundle.h"

#include <fmt/core.h>

#include <algorithm>

#include "controlplane/model/armour.h"
#include "controlplane/model/bundle_guide.h"
#include "controlplane/model/option_rules.h"

namespace kanmon::model {

namespace {

constexpr std::size_t routes_of_old_clients = 100;
constexpr std::size_t routes_asked_of_old_clients =
    600;  // our 500 and room for what else is pushed
constexpr std::uint16_t usual_mtu = 1500;
/// Where certificates are signed elsewhere, and their keys never come here.
constexpr std::string_view certificate_of_your_own =
    "# Put your certificate and its key beside this file, or change these two lines.\n"
    "cert client.crt\n"
    "key client.key\n";

bool is_udp(const ExtraListener& listener) {
    return listener.transport == bridge::Transport::udp;
}

/// UDP first: it carries better, and who cannot use it goes on to the next.
std::vector<ExtraListener> by_preference(std::vector<ExtraListener> listeners) {
    std::stable_partition(listeners.begin(), listeners.end(), is_udp);
    return listeners;
}

std::string connection_block(const ExtraListener& listener, const std::string& address, bool six) {
    const std::string_view word =
        is_udp(listener) ? (six ? "udp6" : "udp") : (six ? "tcp6-client" : "tcp-client");
    return fmt::format("<connection>\nremote {} {} {}\n{}</connection>\n", address, listener.port,
                       word, is_udp(listener) ? "explicit-exit-notify 1\n" : "");
}

/// Where one place is enough, the original's lines. Else a block for each: what a client may say
/// when it leaves depends on the protocol.
std::string one_place(const BundleFacts& facts) {
    const ExtraListener& only = facts.listeners.front();
    return fmt::format("proto {}\nremote {} {}\n", is_udp(only) ? "udp" : "tcp",
                       to_string(facts.public_address), only.port);
}

bool has_one_place(const BundleFacts& facts) {
    return facts.listeners.size() == 1 && !facts.public_address6;
}

/// At the end of the file: options of a connection that come after a block miss it.
std::string connection_blocks(const BundleFacts& facts) {
    std::string blocks;
    if (has_one_place(facts)) return blocks;
    for (const ExtraListener& listener : by_preference(facts.listeners)) {
        blocks += connection_block(listener, to_string(facts.public_address), false);
        if (facts.public_address6)
            blocks += connection_block(listener, to_string(*facts.public_address6), true);
    }
    return blocks;
}

std::string login_lines(const ServerOptions& options) {
    std::string lines;
    if (options.login_password) lines += "auth-user-pass\nauth-nocache\nauth-retry interact\n";
    if (options.login_code) lines += "static-challenge \"One-time code\" 1\n";
    // OpenVPN 3 asks for a certificate unless told that there is none.
    if (!options.login_certificate) lines += "setenv CLIENT_CERT 0\n";
    return lines;
}

std::string channel_lines(const BundleFacts& facts) {
    const ServerOptions& options = facts.options;
    std::string lines = fmt::format("cipher {}\n", facts.cipher);
    if (options.digest != "SHA1") lines += fmt::format("auth {}\n", options.digest);
    if (options.wrapping == bridge::Wrapping::tls_auth && options.key_direction)
        lines += "key-direction 1\n";
    // Every version takes this form of the framing, and none compresses with it.
    if (facts.compress) lines += "comp-lzo no\n";
    if (options.tun_mtu != usual_mtu) lines += fmt::format("tun-mtu {}\n", options.tun_mtu);
    // Later versions have no limit and may not know the word.
    if (options.clients == OldestClient::v2_3 && facts.networks + 1 > routes_of_old_clients)
        lines += fmt::format("setenv opt max-routes {}\n", routes_asked_of_old_clients);
    return lines;
}

/// The lines that decide whether a client can connect, in the order they are written.
std::string connection_lines(const BundleFacts& facts) {
    const bool one = has_one_place(facts);
    return fmt::format(
        "client\n"
        "dev tun\n"
        "{}"
        "resolv-retry infinite\n"
        "nobind\n"
        "persist-key\n"
        "persist-tun\n"
        "remote-cert-tls server\n"
        "{}{}{}",
        one ? one_place(facts) : "server-poll-timeout 10\n",
        one && is_udp(facts.listeners.front()) ? "explicit-exit-notify 1\n" : "",
        channel_lines(facts), login_lines(facts.options));
}

/// What the client tells the gateway about itself, and what it can do without; none of it is part
/// of the revision. OpenVPN 3 answers packets of its own system with ICMP when they are larger than
/// its mssfix; this lets all pass that fit into the tunnel, as the programs of 2.x do. 2.4 and 2.5
/// do not know the last word and warn; how large TCP's packets are is the gateway's decision.
std::string closing_lines(const BundleFacts& facts, const std::string& revision) {
    return fmt::format(
        "{}"
        "push-peer-info\n"
        "setenv UV_KANMON_REV {}\n"
        "setenv opt mssfix {} fixed\n"
        "verb 4\n",
        facts.compress ? "" : ";comp-lzo\n", revision, facts.options.tun_mtu);
}

std::string certificate_lines(const BundleFacts& facts, const ClientPieces& pieces) {
    if (!pieces.pkcs12.empty()) return fmt::format("pkcs12 {}.p12\n", pieces.id.text);
    std::string lines = "ca ca.crt\n";
    if (facts.options.login_certificate)
        lines += fmt::format("cert {0}.crt\nkey {0}.key\n", pieces.id.text);
    return lines;
}

/// ta.key and tc.key are the server's; the key of tls-crypt-v2 is the client's own.
std::string wrapping_file_name(const BundleFacts& facts, const ClientPieces& pieces) {
    switch (facts.options.wrapping) {
        case bridge::Wrapping::none:
            break;
        case bridge::Wrapping::tls_auth:
            return "ta.key";
        case bridge::Wrapping::tls_crypt:
            return "tc.key";
        case bridge::Wrapping::tls_crypt_v2:
            return pieces.id.text + ".tc.key";
    }
    return {};
}

std::string wrapping_key_text(const BundleFacts& facts, const ClientPieces& pieces) {
    return facts.options.wrapping == bridge::Wrapping::tls_crypt_v2
               ? client_key_v2_text(pieces.wrapping_key.view())
               : static_key_text(pieces.wrapping_key.view());
}

std::string inside(std::string_view tag, std::string_view text) {
    return fmt::format("<{0}>\n{1}</{0}>\n", tag, text);
}

std::string wrapping_inside(const BundleFacts& facts, const ClientPieces& pieces) {
    if (facts.options.wrapping == bridge::Wrapping::none) return {};
    return inside(wrapping_text(facts.options.wrapping), wrapping_key_text(facts, pieces));
}

std::string wrapping_beside(const BundleFacts& facts, const ClientPieces& pieces) {
    if (facts.options.wrapping == bridge::Wrapping::none) return {};
    return fmt::format("{} {}\n", wrapping_text(facts.options.wrapping),
                       wrapping_file_name(facts, pieces));
}

std::size_t pushed_networks(const SslServer& server) {
    return std::max(check_local_networks(server.local_subnet).value_or(std::vector<Cidr>()).size(),
                    server.options.local_networks6.size());
}

/// What the client has to know of its login, whichever setting asks for it.
ServerOptions with_login(const SslServer& server) {
    const bridge::Login login = login_of(server);
    ServerOptions options = server.options;
    options.login_certificate = login.certificate;
    options.login_password = login.password;
    options.login_code = login.code;
    return options;
}

}  // namespace

BundleFacts bundle_facts(const SslServer& server, Ipv4 public_address,
                         const std::optional<Ipv6>& public_address6) {
    return {.public_address = public_address,
            .public_address6 = server.options.ipv6_listen ? public_address6 : std::nullopt,
            .listeners = listeners_of(server),
            .cipher = server.cipher,
            .compress = server.compress,
            .networks = pushed_networks(server),
            .options = with_login(server),
            .wrapping_mark = to_hex(server.sealed_wrapping_key),
            .authority_pem = server.authority_pem};
}

std::string effective_lines(const BundleFacts& facts) {
    const bool wrapped = facts.options.wrapping != bridge::Wrapping::none;
    return connection_lines(facts) + connection_blocks(facts) +
           (wrapped
                ? fmt::format("{} {}\n", wrapping_text(facts.options.wrapping), facts.wrapping_mark)
                : std::string()) +
           facts.authority_pem;
}

std::string client_config(const BundleFacts& facts, const std::string& revision,
                          const ClientPieces& pieces) {
    return connection_lines(facts) + certificate_lines(facts, pieces) +
           closing_lines(facts, revision) + wrapping_inside(facts, pieces) +
           connection_blocks(facts);
}

std::vector<BundleFile> bundle_files(const BundleFacts& facts, const std::string& revision,
                                     const ClientPieces& pieces) {
    std::vector<BundleFile> files;
    if (pieces.pkcs12.empty())
        files.push_back({"ca.crt", SecretBuffer(as_bytes(facts.authority_pem))});
    else
        files.push_back({pieces.id.text + ".p12", pieces.pkcs12});
    if (facts.options.login_certificate && pieces.pkcs12.empty()) {
        files.push_back({pieces.id.text + ".crt", SecretBuffer(as_bytes(pieces.certificate_pem))});
        files.push_back({pieces.id.text + ".key", pieces.private_key_pem});
    }
    if (facts.options.wrapping != bridge::Wrapping::none)
        files.push_back(
            {wrapping_file_name(facts, pieces), secret_of(wrapping_key_text(facts, pieces))});
    files.push_back(
        {"config.ovpn", secret_of(connection_lines(facts) + certificate_lines(facts, pieces) +
                                  wrapping_beside(facts, pieces) + closing_lines(facts, revision) +
                                  connection_blocks(facts))});
    for (const auto& [name, text] : bundle_guides)
        files.push_back({std::string(name), SecretBuffer(as_bytes(text))});
    return files;
}

SecretBuffer single_file_config(const BundleFacts& facts, const std::string& revision,
                                const ClientPieces& pieces) {
    std::string text = guide_comments() + connection_lines(facts) + closing_lines(facts, revision) +
                       inside("ca", facts.authority_pem);
    if (facts.options.login_certificate && pieces.certificate_pem.empty())
        text += certificate_of_your_own;
    else if (facts.options.login_certificate)
        text += inside("cert", pieces.certificate_pem) +
                inside("key", as_text(pieces.private_key_pem.view()));
    return secret_of(text + wrapping_inside(facts, pieces) + connection_blocks(facts));
}

}  // namespace kanmon::model
