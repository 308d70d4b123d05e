#include "controlplane/adapters/delivery_mark_file.h"

#include <fstream>

#include "base/whole_file.h"

namespace kanmon::adapters {

Expected<std::optional<std::uint64_t>, std::string> DeliveryMarkFile::read() {
    std::ifstream file(path_);
    if (!file) return std::optional<std::uint64_t>();
    std::uint64_t number = 0;
    if (!(file >> number))
        return unexpected(path_ + " holds no number; remove it to begin with what happens next");
    return std::optional(number);
}

Expected<void, std::string> DeliveryMarkFile::write(std::uint64_t number) {
    return write_whole_file(path_, as_bytes(std::to_string(number) + "\n"), 0600);
}

}  // namespace kanmon::adapters
