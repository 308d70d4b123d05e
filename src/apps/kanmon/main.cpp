// kanmon: the command line. Everything it does goes through the API, but for backup and restore;
// this file turns the table of commands into a parser.
//
// Exit status: 0 done, 1 refused, not reached or not shown (the reason is on standard error),
// 2 wrong usage.
#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>

#include "apps/kanmon/api_client.h"
#include "apps/kanmon/command.h"
#include "apps/kanmon/gateway_backup.h"
#include "apps/kanmon/run_command.h"
#include "controlplane/model/network.h"

namespace {

using namespace kanmon;
using namespace kanmon::apps;

struct Options {
    std::string endpoint = "https://127.0.0.1:8443";
    std::string ca_file;
    std::string key_file;
    std::string key_id;
    std::string key_secret;
    std::string region = "local";
    bool json = false;
};

/// One command's words and where the parser leaves their values.
struct Parsed {
    const Command* command = nullptr;
    CLI::App* app = nullptr;
    std::deque<std::string> values;  // one an argument, in their order; a deque does not move them
    std::deque<CLI::Option*> given;
    bool wait = false;
    bool follow = false;
    std::string output;
};

struct RawCall {
    CLI::App* app = nullptr;
    std::string action;
    std::vector<std::string> pairs;
};

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

void add_global_options(CLI::App& app, Options& options) {
    const std::map<std::string_view, std::string*> places{{"--endpoint", &options.endpoint},
                                                          {"--ca", &options.ca_file},
                                                          {"--access-key-file", &options.key_file},
                                                          {"--region", &options.region}};
    for (const CommandOption& row : global_options()) {
        const std::string words(row.words);
        if (row.flag) {
            app.add_flag(words, options.json, std::string(row.help));
            continue;
        }
        CLI::Option* option = app.add_option(words, *places.at(row.words), std::string(row.help));
        option->capture_default_str();
        if (!row.environment.empty()) option->envname(std::string(row.environment));
    }
}

std::string true_or_false(const std::string& value) {
    if (value == "true" || value == "false") return {};
    return "takes no value, or true or false, and '" + value + "' is neither";
}

void add_arguments(CLI::App& app, Parsed& parsed) {
    for (const CommandArgument& argument : parsed.command->arguments) {
        std::string& value = parsed.values.emplace_back();
        const std::string words(argument.words);
        const std::string help(argument.help);
        CLI::Option* option =
            argument.flag ? app.add_flag(words, value, help) : app.add_option(words, value, help);
        option->required(argument.required);
        if (argument.flag) option->check(true_or_false);
        parsed.given.push_back(option);
    }
    const std::map<std::string_view, bool*> flags{{"--wait", &parsed.wait},
                                                  {"--follow", &parsed.follow}};
    for (const CommandOption& row : options_by_shape(*parsed.command)) {
        const std::string words(row.words);
        if (row.flag)
            app.add_flag(words, *flags.at(row.words), std::string(row.help));
        else
            app.add_option(words, parsed.output, std::string(row.help));
    }
}

/// Groups first, in their order; a command without a name of its own stands at the top.
void add_commands(CLI::App& app, std::deque<Parsed>& all) {
    std::map<std::string_view, CLI::App*> groups;
    for (const CommandGroup& group : command_groups()) {
        CLI::App* made = app.add_subcommand(std::string(group.name), std::string(group.help));
        made->require_subcommand(1);
        groups[group.name] = made;
    }
    for (const Command& command : commands()) {
        Parsed& parsed = all.emplace_back();
        parsed.command = &command;
        CLI::App* above = command.name.empty() ? &app : groups.at(command.group);
        const std::string_view name = command.name.empty() ? command.group : command.name;
        parsed.app = above->add_subcommand(std::string(name), std::string(command.help));
        add_arguments(*parsed.app, parsed);
    }
}

void add_raw_call(CLI::App& app, RawCall& raw) {
    raw.app = app.add_subcommand("call", "call any action of the API");
    raw.app->add_option("ACTION", raw.action, "such as DescribeVpnGateways")->required();
    raw.app->add_option("PARAMETER", raw.pairs, "name=value, as many as the action takes");
}

std::optional<std::string> first_line_of(const std::string& path) {
    std::ifstream file;
    if (path != "-") file.open(path);
    std::istream& in = path == "-" ? std::cin : file;
    std::string line;
    if (!std::getline(in, line)) return std::nullopt;
    return line;
}

std::optional<std::string> whole_of(const std::string& path) {
    std::ifstream file;
    if (path != "-") file.open(path, std::ios::binary);
    std::istream& in = path == "-" ? std::cin : file;
    if (!in) return std::nullopt;
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

int usage(const std::string& sentence) {
    std::cerr << "kanmon: " << sentence << "\n";
    return 2;
}

int run_raw(ApiClient& client, const RawCall& raw, const Options& options) {
    api::Parameters parameters;
    for (const std::string& pair : raw.pairs) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string::npos || equals == 0)
            return usage("'" + pair + "' is not name=value");
        parameters[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    parameters.try_emplace("RegionId", options.region);
    return run_call(client, raw.action, parameters);
}

/// "a,b" as name.1=a and name.2=b.
void add_list(api::Parameters& parameters, std::string_view name, std::string_view text) {
    std::size_t number = 0;
    for (const std::string& part : model::comma_separated(text))
        parameters[std::string(name) + "." + std::to_string(++number)] = part;
}

/// What was typed, with the content of files in their place. The error is a sentence.
Expected<api::Parameters, std::string> given_parameters(const Parsed& parsed) {
    api::Parameters parameters;
    for (std::size_t i = 0; i < parsed.given.size(); ++i) {
        if (parsed.given[i]->count() == 0) continue;
        const CommandArgument& argument = parsed.command->arguments[i];
        if (argument.list) {
            add_list(parameters, argument.parameter, parsed.values[i]);
            continue;
        }
        std::string& value = parameters[std::string(argument.parameter)];
        value = parsed.values[i];
        if (!argument.secret && !argument.file) continue;
        auto content = argument.file ? whole_of(value) : first_line_of(value);
        if (!content) return unexpected("cannot read " + value);
        value = std::move(*content);
    }
    return parameters;
}

int run_parsed(ApiClient& client, const Parsed& parsed, const Options& options) {
    auto parameters = given_parameters(parsed);
    if (!parameters) return usage(parameters.error());
    parameters->emplace("RegionId", options.region);
    return run_command(client, {.command = parsed.command,
                                .parameters = std::move(*parameters),
                                .json = options.json,
                                .wait = parsed.wait,
                                .follow = parsed.follow,
                                .output = parsed.output});
}

int run_local(const Parsed& parsed) {
    auto parameters = given_parameters(parsed);
    if (!parameters) return usage(parameters.error());
    const auto state = parameters->find("State");
    const GatewayBackup backup{
        .state = state == parameters->end() ? "/var/lib/kanmon" : state->second,
        .file = (*parameters)["File"],
        .passphrase = secret_of(std::move((*parameters)["Passphrase"]))};
    SystemRandom random;
    const auto done = parsed.command->group == "backup"
                          ? back_up(backup, random)
                          : restore(backup, (*parameters)["Replace"] == "true", random);
    if (!done) {
        std::cerr << "kanmon: " << done.error() << "\n";
        return 1;
    }
    std::cout << *done << "\n";
    return 0;
}

int run(const Options& options, const std::deque<Parsed>& all, const RawCall& raw) {
    for (const Parsed& parsed : all)
        if (parsed.app->parsed() && parsed.command->action.empty()) return run_local(parsed);
    ApiAccess access{.endpoint = options.endpoint,
                     .ca_file = options.ca_file,
                     .access_key = environment("KANMON_ACCESS_KEY_ID"),
                     .secret = SecretBuffer(as_bytes(environment("KANMON_ACCESS_KEY_SECRET")))};
    if (!options.key_file.empty())
        if (const auto read = read_access_key(options.key_file, access); !read)
            return usage(read.error());
    if (access.access_key.empty() || access.secret.empty())
        return usage(
            "no access key: give --access-key-file, or KANMON_ACCESS_KEY_ID and "
            "KANMON_ACCESS_KEY_SECRET");
    ApiClient client(std::move(access));
    if (raw.app->parsed()) return run_raw(client, raw, options);
    for (const Parsed& parsed : all)
        if (parsed.app->parsed()) return run_parsed(client, parsed, options);
    return usage("no command");
}

/// A closed one would be the number of the next file or connection that is opened, and what is
/// shown would go there.
void keep_standard_descriptors() {
    int opened = 0;
    while (opened >= 0 && opened <= STDERR_FILENO) opened = ::open("/dev/null", O_RDONLY);
    if (opened > STDERR_FILENO) ::close(opened);
}

/// What could not be shown may have been shown for the only time: a key's secret, a password.
int concluded(int status) {
    const bool before = std::cout && std::ferror(stdout) == 0;
    errno = 0;
    if (std::fflush(stdout) == 0 && before) return status;
    return fail(std::string("not all of it could be written to standard output") +
                (errno == 0 ? "" : std::string(": ") + std::strerror(errno)));
}

int parse_and_run(int argc, char** argv) {
    Options options;
    std::deque<Parsed> all;
    RawCall raw;
    CLI::App app{"kanmon: VPN gateways, SSL servers and client certificates of Kanmon"};
    app.require_subcommand(1);
    app.fallthrough();  // global options may stand behind the command too
    add_global_options(app, options);
    add_commands(app, all);
    add_raw_call(app, raw);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const int status = run(options, all, raw);
    curl_global_cleanup();
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    keep_standard_descriptors();
    return concluded(parse_and_run(argc, argv));
}
