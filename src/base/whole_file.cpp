#include "base/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"

namespace kanmon {

Expected<void, std::string> write_whole_file(const std::string& path, Bytes bytes, mode_t mode) {
    const std::string draft = path + ".new";
    ::unlink(draft.c_str());
    const UniqueFd file(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    const bool written =
        file &&
        ::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
        ::fsync(file.get()) == 0 && ::rename(draft.c_str(), path.c_str()) == 0;
    if (!written) return unexpected("cannot write " + path + ": " + std::strerror(errno));
    return {};
}

}  // namespace kanmon
