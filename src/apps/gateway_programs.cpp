#include "apps/gateway_programs.h"

#include <grp.h>
#include <pwd.h>

#include <charconv>
#include <optional>

namespace kanmon::apps {

namespace {

std::optional<std::uint32_t> number_of(const std::string& text) {
    std::uint32_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
    return number;
}

Expected<uid_t, std::string> user(const char* key, const std::string& name) {
    if (const auto number = number_of(name)) return *number;
    if (const passwd* entry = ::getpwnam(name.c_str())) return entry->pw_uid;
    return unexpected(std::string(key) + " is " + name +
                      ", and this machine has no such user; make it with: adduser --system " +
                      name);
}

Expected<gid_t, std::string> group(const std::string& name) {
    if (const auto number = number_of(name)) return *number;
    if (const ::group* entry = ::getgrnam(name.c_str())) return entry->gr_gid;
    return unexpected("users.group is " + name +
                      ", and this machine has no such group; make it with: addgroup --system " +
                      name);
}

void add(Program& program, const char* option, const std::string& value) {
    program.arguments.emplace_back(option);
    program.arguments.push_back(value);
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
    return text;
}

}  // namespace

Expected<Identities, std::string> find_identities(const Settings& settings) {
    const auto data = user("users.data", settings.data_user);
    if (!data) return unexpected(data.error());
    const auto control = user("users.control", settings.control_user);
    if (!control) return unexpected(control.error());
    const auto shared = group(settings.group);
    if (!shared) return unexpected(shared.error());
    if (*data == *control)
        return unexpected(
            std::string("users.data and users.control are one user, who could read the keys from "
                        "where the packets are; give each its own"));
    return Identities{*data, *control, *shared};
}

std::string broker_socket(const Settings& settings) {
    return settings.run + "/broker.sock";
}

std::string bridge_socket(const Settings& settings) {
    return settings.run + "/control/bridge.sock";
}

std::string notify_socket(const Settings& settings) {
    return settings.run + "/notify.sock";
}

Program broker_program(const Installation& installation) {
    const auto& [settings, identities, programs, webhook_secret] = installation;
    Program program{"broker", programs + "/kanmon-broker", {}, 0, 0};
    add(program, "--socket", broker_socket(settings));
    add(program, "--state", settings.state + "/broker");
    add(program, "--socket-group", std::to_string(identities.group));
    add(program, "--control-uid", std::to_string(identities.control));
    add(program, "--data-uid", std::to_string(identities.data));
    return program;
}

Program removal_program(const Installation& installation) {
    return {"broker",
            installation.programs + "/kanmon-broker",
            {"--remove-all", "--state", installation.settings.state + "/broker"},
            0,
            0};
}

Program control_program(const Installation& installation) {
    const auto& [settings, identities, programs, webhook_secret] = installation;
    Program program{
        "control", programs + "/kanmon-control", {}, identities.control, identities.group};
    program.listens_to_hang_up = true;
    program.silence_max = 60s;  // it says that it lives every ten seconds at least
    add(program, "--state", settings.state + "/control");
    add(program, "--bridge", bridge_socket(settings));
    add(program, "--broker", broker_socket(settings));
    add(program, "--api", settings.api_listen);
    if (!settings.certificate_file.empty()) {
        add(program, "--certificate", settings.certificate_file);
        add(program, "--key", settings.key_file);
    }
    add(program, "--public-address", joined(settings.public_addresses));
    add(program, "--data-uid", std::to_string(identities.data));
    add(program, "--api-rate", std::to_string(settings.requests_per_second));
    add(program, "--api-burst", std::to_string(settings.requests_at_once));
    add(program, "--log-megabytes", std::to_string(settings.log_megabytes));
    add(program, "--log-days", std::to_string(settings.log_days));
    add(program, "--meter-megabytes", std::to_string(settings.traffic_megabytes));
    if (settings.http_loopback_port != 0)
        add(program, "--http-loopback", std::to_string(settings.http_loopback_port));
    if (settings.syslog) add(program, "--syslog", settings.syslog_socket);
    if (!settings.webhook_url.empty()) {
        program.arguments.emplace_back("--webhook-on-input");
        program.input = settings.webhook_url + "\n" + webhook_secret;
        if (!settings.webhook_ca_file.empty())
            add(program, "--webhook-ca", settings.webhook_ca_file);
        if (!settings.webhook_private_networks.empty())
            add(program, "--webhook-allow", joined(settings.webhook_private_networks));
    }
    if (settings.shards != 0) add(program, "--tun-queues", std::to_string(settings.shards));
    return program;
}

Program data_program(const Installation& installation) {
    const auto& [settings, identities, programs, webhook_secret] = installation;
    Program program{"data", programs + "/kanmon-data", {}, identities.data, identities.group};
    add(program, "--bridge", bridge_socket(settings));
    add(program, "--broker", broker_socket(settings));
    if (settings.shards != 0) add(program, "--shards", std::to_string(settings.shards));
    if (settings.tls_workers != 0)
        add(program, "--tls-workers", std::to_string(settings.tls_workers));
    return program;
}

}  // namespace kanmon::apps
