#include "apps/settings/settings_file.h"

#include <fmt/core.h>

#include <toml++/toml.h>
#include <algorithm>
#include <sstream>

#include "apps/settings/nearest_name.h"
#include "apps/settings/setting_table.h"
#include "base/escape.h"

namespace kanmon::apps {

namespace {

std::string shown_value(const toml::node& node) {
    std::ostringstream out;
    node.visit([&](const auto& value) { out << value; });
    return out.str();
}

GivenValue given_value(const toml::node& node) {
    GivenValue given{.value = {}, .shown = shown_value(node)};
    if (const auto* text = node.as_string()) given.value = text->get();
    if (const auto* number = node.as_integer()) given.value = number->get();
    if (const auto* flag = node.as_boolean()) given.value = flag->get();
    const auto* array = node.as_array();
    if (array == nullptr ||
        !std::ranges::all_of(*array, [](const toml::node& each) { return each.is_string(); }))
        return given;
    std::vector<std::string> texts;
    for (const toml::node& each : *array) texts.push_back(each.as_string()->get());
    given.value = std::move(texts);
    return given;
}

std::vector<std::string> known_names(std::string_view section) {
    std::vector<std::string> names;
    for (const Setting& row : setting_table())
        if (section.empty() || row.section == section) names.push_back(row.name());
    return names;
}

std::vector<std::string> known_sections() {
    std::vector<std::string> names;
    for (const Setting& row : setting_table()) names.emplace_back(row.section);
    return names;
}

class Reader {
public:
    Reader(std::string_view name, ReadSettings& read) : name_(name), read_(read) {}

    void take(const toml::table& file) {
        for (const auto& [key, node] : file) {
            const auto* section = node.as_table();
            const auto sections = known_sections();
            if (section == nullptr)
                unknown(std::string(key.str()), node, known_names({}));
            else if (!std::ranges::count(sections, key.str()))
                tell(node, fmt::format("there is no section [{}]; the nearest is [{}]",
                                       escaped(key.str()), nearest_name(key.str(), sections)));
            else
                take(std::string(key.str()), *section);
        }
    }

    void tell(std::uint32_t line, const std::string& sentence) {
        read_.problems.push_back(fmt::format("{}:{}: {}", name_, line, sentence));
    }

private:
    void take(const std::string& section, const toml::table& keys) {
        for (const auto& [key, node] : keys) {
            const std::string name = section + "." + std::string(key.str());
            const Setting* setting = find_setting(name);
            if (setting == nullptr) {
                unknown(name, node, known_names(section));
                continue;
            }
            const auto written = write_setting(read_.settings, *setting, given_value(node));
            if (!written) tell(node, name + " " + written.error());
        }
    }

    void tell(const toml::node& node, const std::string& sentence) {
        tell(node.source().begin.line, sentence);
    }

    void unknown(const std::string& name, const toml::node& node,
                 const std::vector<std::string>& known) {
        tell(node, fmt::format("there is no key {}; the nearest is {}", escaped(name),
                               nearest_name(name, known)));
    }

    std::string_view name_;
    ReadSettings& read_;
};

/// At most this many columns, each line behind "# ".
std::string commented(std::string_view text) {
    constexpr std::size_t columns = 98;
    std::string out;
    while (!text.empty()) {
        std::size_t cut = text.size();
        if (cut > columns) cut = text.rfind(' ', columns);
        out += fmt::format("# {}\n", text.substr(0, cut));
        text.remove_prefix(std::min(text.size(), cut + 1));
    }
    return out;
}

}  // namespace

ReadSettings read_settings(std::string_view text, std::string_view name) {
    ReadSettings read;
    Reader reader(name, read);
    try {
        reader.take(toml::parse(text));
    } catch (const toml::parse_error& error) {
        reader.tell(error.source().begin.line, "this is not TOML: " + escaped(error.description()));
    }
    return read;
}

std::string settings_text(const Settings& settings) {
    std::string text =
        "# Kanmon's settings. Check them with: kanmond --check-config\n"
        "# A key that is commented out stands here with its default.\n";
    std::string_view section;
    for (const Setting& row : setting_table()) {
        if (row.section != section)
            text += fmt::format("\n[{}]\n", row.section);
        else
            text += "\n";
        section = row.section;
        text += commented(row.help) + commented(fmt::format("Must be {}.", row.rule));
        const std::string value = toml_value(settings, row);
        const bool usual = value == toml_value(Settings{}, row);
        text += fmt::format("{}{} = {}\n", usual ? "#" : "", row.key, value);
    }
    return text;
}

}  // namespace kanmon::apps
