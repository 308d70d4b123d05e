#include "apps/settings/trusted_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/unique_fd.h"

namespace kanmon::apps {

namespace {

using Problem = Expected<void, std::string>;

Unexpected<std::string> failed(const char* what, const std::string& path) {
    return unexpected(fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

Problem check_writers(const struct stat& status, const std::string& path) {
    if (status.st_uid != 0 && status.st_uid != ::geteuid())
        return unexpected(
            fmt::format("{} belongs to user {}, who could change it; let it belong to root with: "
                        "chown root {}",
                        path, status.st_uid, path));
    const bool by_group = (status.st_mode & S_IWGRP) != 0 && status.st_gid != 0;
    if (by_group || (status.st_mode & S_IWOTH) != 0)
        return unexpected(
            fmt::format("{} may be written by others than its owner (mode {:04o}); take that away "
                        "with: chmod go-w {}",
                        path, status.st_mode & 07777, path));
    return {};
}

Problem check_file(const struct stat& status, const std::string& path, Reading reading) {
    if (!S_ISREG(status.st_mode)) return unexpected(path + " is no regular file");
    if (auto checked = check_writers(status, path); !checked) return checked;
    if (reading == Reading::by_owner_and_group && (status.st_mode & S_IROTH) != 0)
        return unexpected(fmt::format(
            "{} holds a secret and may be read by anybody (mode {:04o}); take that away with: "
            "chmod o-r {}",
            path, status.st_mode & 07777, path));
    if (status.st_size > static_cast<off_t>(trusted_octets_max))
        return unexpected(fmt::format("{} has {} octets; at most {} are read", path, status.st_size,
                                      trusted_octets_max));
    return {};
}

/// Its directory was opened and checked before, so that nobody can have put another there. One name
/// without a link is what openat2's RESOLVE_BENEATH would allow; systemd's RestrictSUIDSGID takes
/// openat2 away.
UniqueFd open_beneath(const UniqueFd& directory, const std::string& name) {
    constexpr int no_waiting = O_NONBLOCK;  // a pipe must not hold the program up
    return UniqueFd(
        ::openat(directory.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | no_waiting));
}

Expected<std::string, std::string> read_whole(const UniqueFd& file, const std::string& path) {
    std::string text(trusted_octets_max, '\0');
    std::size_t used = 0;
    while (used < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + used, text.size() - used);
        if (got < 0) return failed("read", path);
        if (got == 0) break;
        used += static_cast<std::size_t>(got);
    }
    text.resize(used);
    return text;
}

}  // namespace

Expected<std::string, std::string> read_trusted_file(const std::string& path, Reading reading) {
    const std::filesystem::path whole(path);
    const std::string folder = whole.has_parent_path() ? whole.parent_path().string() : ".";
    const UniqueFd directory(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct stat status {};
    if (!directory || ::fstat(directory.get(), &status) != 0) return failed("open", path);
    if (auto checked = check_writers(status, folder); !checked) return unexpected(checked.error());
    const UniqueFd file = open_beneath(directory, whole.filename().string());
    if (!file && errno == ELOOP)
        return unexpected(path + " is a symbolic link; name the file that it leads to");
    if (!file || ::fstat(file.get(), &status) != 0) return failed("open", path);
    if (auto checked = check_file(status, path, reading); !checked)
        return unexpected(checked.error());
    return read_whole(file, path);
}

}  // namespace kanmon::apps
