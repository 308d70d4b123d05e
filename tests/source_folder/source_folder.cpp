#include "source_folder/source_folder.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace kanmon {

std::string in_checkout(const std::string& file) {
    return KANMON_SOURCE_DIR "/" + file;
}

std::string page_in_checkout(const std::string& file, const std::string& made) {
    const std::string path = in_checkout(file);
    if (std::getenv("KANMON_WRITE_DOCS") != nullptr) std::ofstream(path) << made;
    std::ifstream page(path);
    return {std::istreambuf_iterator<char>(page), {}};
}

}  // namespace kanmon
