// kanmon-pages: writes what a package holds beside the programs and what follows from their tables:
// manual pages, completions. A tool of the build; it is not installed.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "apps/pages/completions.h"
#include "apps/pages/manual_pages.h"

int main(int argc, char** argv) {
    using namespace kanmon::apps;
    if (argc != 3) {
        std::cerr << "usage: kanmon-pages FOLDER DATE\n";
        return 2;
    }
    const std::filesystem::path folder(argv[1]);
    const std::string date(argv[2]);
    bool written = true;
    for (const auto& [name, text] : {std::pair{"kanmon.1", kanmon_manual(date)},
                                     {"kanmond.8", kanmond_manual(date)},
                                     {"kanmond.toml.5", kanmond_toml_manual(date)},
                                     {"kanmon.bash", bash_completion()},
                                     {"_kanmon", zsh_completion()},
                                     {"kanmon.fish", fish_completion()}}) {
        std::ofstream file(folder / name);
        file << text;
        written = written && file.flush();
    }
    if (!written) std::cerr << "kanmon-pages: cannot write to " << folder << "\n";
    return written ? 0 : 1;
}
