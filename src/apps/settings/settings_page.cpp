#include "apps/settings/settings_page.h"

#include <fmt/core.h>

#include "apps/settings/setting_table.h"

namespace kanmon::apps {

namespace {

constexpr std::string_view head =
    "# Configuration\n"
    "\n"
    "`kanmond` reads `/etc/kanmon/kanmond.toml` when it is there, or what `--config FILE` names. A "
    "key that is not given has\nits default; an option of the command line goes before the file. "
    "Keys and sections that are not listed here are refused,\nwith the nearest one that is.\n"
    "\n"
    "- `kanmond --check-config` says what is wrong, all of it at once, and ends with 0 or 2. It "
    "starts nothing.\n"
    "- `kanmond --print-config` prints the whole file as it would be used, each key explained.\n"
    "\n"
    "The file and its directory must belong to root (or to whoever runs `kanmond`) and be writable "
    "by nobody else; a symbolic\nlink is refused, and so are more than 64 KiB.\n"
    "\n"
    "This page is made from the table in `src/apps/settings/setting_table.cpp`.\n";

}  // namespace

std::string settings_page() {
    std::string text(head);
    std::string_view section;
    for (const Setting& row : setting_table()) {
        if (row.section != section)
            text += fmt::format(
                "\n## [{}]\n\n| key | default | what | must be | option |\n| --- | --- | --- | --- "
                "| --- |\n",
                row.section);
        section = row.section;
        text += fmt::format("| `{}` | `{}` | {} | {} | {} |\n", row.key,
                            toml_value(Settings{}, row), row.help, row.rule,
                            row.option.empty() ? "" : fmt::format("`{}`", row.option));
    }
    return text;
}

}  // namespace kanmon::apps
