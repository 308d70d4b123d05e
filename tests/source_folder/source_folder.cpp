#include "source_folder/source_folder.h"

namespace kanmon {

std::string in_checkout(const std::string& file) {
    return KANMON_SOURCE_DIR "/" + file;
}

}  // namespace kanmon
