#include "apps/pages/manual_pages.h"

#include <fmt/core.h>

#include "apps/pages/command_words.h"
#include "apps/settings/setting_table.h"

namespace kanmon::apps {

namespace {

std::string head(std::string_view name, int section, std::string_view date, std::string_view what) {
    return fmt::format(".TH {} {} {} Kanmon \"Kanmon SSL-VPN gateway\"\n.SH NAME\n{} \\- {}\n",
                       roff(name), section, date, roff(name), roff(what));
}

std::string paragraph(std::string_view text) {
    return fmt::format(".PP\n{}\n", roff(text));
}

std::string entry(std::string_view term, std::string_view text) {
    return fmt::format(".TP\n{}\n{}\n", term, roff(text));
}

std::string bold(std::string_view text) {
    return fmt::format("\\fB{}\\fR", roff(text));
}

std::string italic(std::string_view text) {
    return fmt::format("\\fI{}\\fR", roff(text));
}

/// "--vpc VALUE", "--wait", "GATEWAY".
std::string term_of(const Word& word) {
    if (!word.named()) return italic(word.text);
    if (!word.takes_value) return bold(word.text);
    return fmt::format("{} {}", bold(word.text), italic(word.takes_file ? "FILE" : "VALUE"));
}

std::string command_entry(const Command& command) {
    std::string synopsis = bold("kanmon " + name_of(command));
    for (const Word& word : words_of(command))
        if (word.required) synopsis += " " + term_of(word);
    std::string text = fmt::format(".SS {}\n", synopsis);
    text += fmt::format("{}\n", roff(command.help));
    for (const Word& word : words_of(command)) text += entry(term_of(word), word.help);
    return text;
}

std::string setting_rule(const Setting& setting) {
    return fmt::format("{} Must be {}. Default: {}", setting.help, setting.rule,
                       toml_value(Settings{}, setting));
}

}  // namespace

std::string roff(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto octet = static_cast<unsigned char>(text[i]);
        if (text[i] == '\\')
            out += "\\e";
        else if (text[i] == '-')
            out += "\\-";
        else if ((text[i] == '.' || text[i] == '\'') && (i == 0 || text[i - 1] == '\n'))
            out += std::string("\\&") + text[i];
        else if (octet >= 0xe0 && octet < 0xf0 && i + 2 < text.size()) {
            const auto part = [&](std::size_t at) {
                return static_cast<unsigned>(static_cast<unsigned char>(text[at])) & 0x3fU;
            };
            out +=
                fmt::format("\\[u{:04X}]", (octet & 0xfU) << 12 | part(i + 1) << 6 | part(i + 2));
            i += 2;
        } else
            out += text[i];
    }
    return out;
}

std::string kanmon_manual(std::string_view date) {
    std::string text =
        head("kanmon", 1, date, "VPN gateways, SSL servers and client certificates of Kanmon");
    text += fmt::format(".SH SYNOPSIS\n{} [{}] {} [{}]\n", bold("kanmon"), italic("OPTION ..."),
                        italic("COMMAND"), italic("ARGUMENT ..."));
    text += ".SH DESCRIPTION\n";
    text += roff(
                "Everything it does goes through the API of kanmond(8), signed with an access "
                "key. The first one of an installation lies in the state directory as "
                "control/root-access-key.json.") +
            "\n";
    text += ".SH OPTIONS\nThey may stand anywhere.\n";
    for (const Word& word : global_words()) text += entry(term_of(word), word.help);
    text += ".SH COMMANDS\n";
    for (const Command& command : commands()) text += command_entry(command);
    text += fmt::format(".SS {} {} [{} ...]\ncall any action of the API\n", bold("kanmon call"),
                        italic("ACTION"), italic("NAME=VALUE"));
    text += ".SH ENVIRONMENT\n";
    for (const CommandOption& option : global_options())
        if (!option.environment.empty())
            text += entry(bold(option.environment), fmt::format("stands for {}", option.words));
    text += entry(bold("KANMON_ACCESS_KEY_ID") + ", " + bold("KANMON_ACCESS_KEY_SECRET"),
                  "the access key, without --access-key-file");
    text += ".SH EXIT STATUS\n";
    text += entry("0", "done") +
            entry("1",
                  "refused, not reached, or its output could not be written; standard "
                  "error says why") +
            entry("2", "wrong usage");
    return text + ".SH SEE ALSO\n.BR kanmond (8),\n.BR kanmond.toml (5)\n";
}

std::string kanmond_manual(std::string_view date) {
    std::string text = head("kanmond", 8, date, "runs one SSL-VPN gateway");
    text += fmt::format(".SH SYNOPSIS\n{} [{} {}] [{} | {}] [{}]\n", bold("kanmond"),
                        bold("--config"), italic("FILE"), bold("--check-config"),
                        bold("--print-config"), italic("OPTION ..."));
    text += ".SH DESCRIPTION\n";
    text += roff(
                "Starts, watches and ends the broker (devices, routes, rules), the control plane "
                "(API, store, certificates) and the data plane (packets), each in a process of "
                "its own. It needs root; control and data run as users of their own.") +
            "\n";
    text += ".SH OPTIONS\n";
    text += entry(bold("--config") + " " + italic("FILE"),
                  "settings, instead of /etc/kanmon/kanmond.toml; see kanmond.toml(5)");
    text += entry(bold("--check-config"),
                  "say what is wrong with the settings, all of it, and end with 0 or 2");
    text += entry(bold("--print-config"), "print all settings, explained, and end");
    text += paragraph("Each of the following goes before its key in the file.");
    for (const Setting& setting : setting_table())
        if (!setting.option.empty())
            text += entry(bold(setting.option) + " " + italic("VALUE"),
                          fmt::format("{} In the file: {}.", setting.help, setting.name()));
    text += ".SH SIGNALS\n";
    text += entry("SIGHUP", "the API's certificate is read again");
    text += entry("SIGTERM, SIGINT",
                  "clients are told, everything ends, and devices and rules are taken away");
    text += ".SH SERVICE MANAGER\n";
    text += roff(
                "Says READY=1 when the API listens and the data plane is configured, then "
                "WATCHDOG=1, and STOPPING=1 at the end: sd_notify(3). A control plane that says "
                "nothing for a minute, or for five after its start, is killed and started again; "
                "connected clients do not notice.") +
            "\n";
    text += ".SH FILES\n";
    text += entry("/etc/kanmon/kanmond.toml", "settings");
    text += entry("/var/lib/kanmon", "what survives; back it up");
    text += entry("/var/lib/kanmon/control/api.crt", "the API's certificate, for kanmon --ca");
    text += entry("/var/lib/kanmon/control/root-access-key.json", "the installation's access key");
    text += entry("/run/kanmon", "sockets and pid files");
    text += ".SH EXIT STATUS\n";
    text += entry("0", "ended as asked") + entry("1", "ended, but traces remain in the kernel") +
            entry("2", "it could not start; standard error says why");
    return text + ".SH SEE ALSO\n.BR kanmon (1),\n.BR kanmond.toml (5)\n";
}

std::string kanmond_toml_manual(std::string_view date) {
    std::string text = head("kanmond.toml", 5, date, "settings of kanmond");
    text += ".SH DESCRIPTION\n";
    text += roff(
                "TOML, at /etc/kanmon/kanmond.toml. A key that is not given has its default; one "
                "that is not listed here is refused, with the nearest that is. The file and its "
                "directory must belong to root and be writable by nobody else.") +
            "\n";
    std::string_view section;
    for (const Setting& setting : setting_table()) {
        if (setting.section != section)
            text += fmt::format(".SH {}\n", roff(fmt::format("[{}]", setting.section)));
        section = setting.section;
        text += entry(bold(setting.key), setting_rule(setting));
    }
    return text + ".SH SEE ALSO\n.BR kanmond (8)\n";
}

}  // namespace kanmon::apps
