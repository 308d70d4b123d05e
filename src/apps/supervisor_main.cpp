// kanmond: starts and watches broker, control and data, as its settings say.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <deque>
#include <filesystem>
#include <iostream>

#include "apps/machine.h"
#include "apps/settings/setting_table.h"
#include "apps/settings/settings_file.h"
#include "apps/settings/trusted_file.h"
#include "apps/supervisor.h"
#include "base/log.h"

namespace {

using namespace kanmon;
using namespace kanmon::apps;

constexpr int exit_cannot_start = 2;
constexpr const char* usual_file = "/etc/kanmon/kanmond.toml";

/// What stands on the command line.
struct Words {
    std::string file;  // empty: the usual one, if it is there
    bool check = false;
    bool print = false;
    struct Given {
        const Setting* setting;
        CLI::Option* option;
        std::string word;
    };
    std::deque<Given> settings = {};  // a deque does not move what the parser writes to
};

void add_options(CLI::App& app, Words& words) {
    app.add_option("--config", words.file,
                   std::string("settings, instead of ") + usual_file + "; an option goes before");
    app.add_flag("--check-config", words.check, "say what is wrong with the settings, and end");
    app.add_flag("--print-config", words.print, "print all settings, explained, and end");
    for (const Setting& setting : setting_table()) {
        if (setting.option.empty()) continue;
        Words::Given& given = words.settings.emplace_back(Words::Given{&setting, nullptr, {}});
        given.option =
            app.add_option(std::string(setting.option), given.word,
                           std::string(setting.help) + " Must be " + std::string(setting.rule) +
                               ". In the file: " + setting.name());
    }
}

/// Everything that is wrong with file and command line is among the problems.
ReadSettings settings_of(const Words& words) {
    ReadSettings read;
    const std::string file = words.file.empty() ? usual_file : words.file;
    if (!words.file.empty() || ::access(usual_file, F_OK) == 0) {
        const auto text = read_trusted_file(file, Reading::by_anybody);
        if (text)
            read = read_settings(*text, file);
        else
            read.problems.push_back(text.error());
    }
    for (const Words::Given& given : words.settings) {
        if (given.option->count() == 0) continue;
        const auto written =
            write_setting(read.settings, *given.setting, given_word(*given.setting, given.word));
        if (!written)
            read.problems.push_back(std::string(given.setting->option) + " " + written.error());
    }
    const auto clashes = check_settings(read.settings);
    read.problems.insert(read.problems.end(), clashes.begin(), clashes.end());
    return read;
}

/// Blocked and not ignored: an ignored SIGCHLD would take the children's ends away.
void block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGCHLD, SIGHUP}) sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
}

int fail(const std::string& sentence) {
    log_event(Severity::error, "kanmond cannot start", {{"problem", sentence}});
    return exit_cannot_start;
}

int supervise(const Installation& installation, ServiceNotify manager) {
    const Settings& settings = installation.settings;
    auto notices = ServiceNotices::listen(notify_socket(settings), installation.identities.control);
    if (!notices) return fail(notices.error());
    ::setenv("NOTIFY_SOCKET", notify_socket(settings).c_str(), 1);  // the programs' own
    const std::string pid_path = settings.run + "/kanmond.pid";
    write_pid_file(pid_path, ::getpid());
    Supervisor supervisor(settings.run, std::move(manager), std::move(*notices));
    supervisor.add(broker_program(installation), broker_socket(settings), 2s);
    supervisor.add(control_program(installation), bridge_socket(settings), 5s);
    supervisor.add(data_program(installation), {}, 2s);
    log_event(Severity::info, "running", {{"api", settings.api_listen}, {"run", settings.run}});
    supervisor.run();
    const bool clean = Supervisor::run_to_its_end(removal_program(installation), 30s);
    if (!clean) log_event(Severity::error, "traces remain in the kernel");
    for (const std::string& path :
         {broker_socket(settings), bridge_socket(settings), notify_socket(settings), pid_path})
        ::unlink(path.c_str());
    return clean ? 0 : 1;
}

/// Empty when no webhook is set.
Expected<std::string, std::string> read_webhook_secret(const Settings& settings) {
    constexpr std::size_t octets_least = 16;
    constexpr std::size_t octets_most = 1024;
    if (settings.webhook_secret_file.empty()) return std::string();
    auto secret = read_trusted_file(settings.webhook_secret_file, Reading::by_owner_and_group);
    if (!secret) return secret;
    if (secret->ends_with('\n')) secret->pop_back();
    if (secret->size() < octets_least || secret->size() > octets_most)
        return unexpected(settings.webhook_secret_file + " holds " +
                          std::to_string(secret->size()) +
                          " octets; it must hold 16 to 1024. This makes one: openssl rand -hex 32");
    return secret;
}

int start_gateway(Settings settings, ServiceNotify manager) {
    std::error_code error;
    const auto programs = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    if (settings.public_addresses.empty()) settings.public_addresses = {guess_public_address()};
    const auto identities = find_identities(settings);
    if (!identities) return fail(identities.error());
    auto secret = read_webhook_secret(settings);
    if (!secret) return fail(secret.error());
    const Installation installation{std::move(settings), *identities, programs.string(),
                                    std::move(*secret)};
    if (auto checked = check_machine(installation); !checked) return fail(checked.error());
    if (auto made = make_directories(installation); !made) return fail(made.error());
    const auto run_lock = lock_directory(installation.settings.run);
    if (!run_lock) return fail(run_lock.error());
    const auto state_lock = lock_directory(installation.settings.state);
    if (!state_lock) return fail(state_lock.error());
    return supervise(installation, std::move(manager));
}

/// Problems of settings go to whoever typed them, as plain lines.
int complain(const std::vector<std::string>& problems) {
    for (const std::string& problem : problems) std::cerr << "kanmond: " << problem << "\n";
    return exit_cannot_start;
}

int check_only(const ReadSettings& read) {
    std::vector<std::string> problems = read.problems;
    if (const auto found = find_identities(read.settings); !found)
        problems.push_back(found.error());
    if (const auto secret = read_webhook_secret(read.settings); !secret)
        problems.push_back(secret.error());
    if (!problems.empty()) return complain(problems);
    std::cout << "The settings are in order.\n";
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Words words;
    CLI::App app{"Kanmon's supervisor: runs one SSL-VPN gateway"};
    add_options(app, words);
    CLI11_PARSE(app, argc, argv);

    ::close_range(3, ~0U, 0);  // whatever a careless parent left open
    open_log("kanmond", Severity::info);
    ::umask(0022);  // files with secrets get their modes explicitly; children start with 0077
    const ReadSettings read = settings_of(words);
    if (words.check) return check_only(read);
    if (!read.problems.empty()) return complain(read.problems);
    if (words.print) {
        std::cout << settings_text(read.settings);
        return 0;
    }
    block_signals();
    return start_gateway(read.settings, ServiceNotify::from_environment());
}
