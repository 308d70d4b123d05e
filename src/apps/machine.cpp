#include "apps/machine.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/address.h"

namespace kanmon::apps {

namespace {

using Checked = Expected<void, std::string>;

std::string problem(const std::string& what) {
    return what + ": " + std::strerror(errno);
}

/// Owner and mode are set also when the directory is there already.
Checked make_directory(const std::string& path, uid_t user, gid_t group, mode_t mode) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
        return unexpected(problem("mkdir " + path));
    if (::chown(path.c_str(), user, group) != 0) return unexpected(problem("chown " + path));
    if (::chmod(path.c_str(), mode) != 0) return unexpected(problem("chmod " + path));
    return {};
}

/// Control and data run as users of their own and must be able to walk to their directories.
Checked check_ancestors(const std::string& directory, gid_t group, const char* key) {
    std::error_code error;
    const auto whole = std::filesystem::canonical(directory, error);
    for (auto path = whole.parent_path(); path != path.root_path(); path = path.parent_path()) {
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) return unexpected(problem("stat " + path.string()));
        const bool by_group = status.st_gid == group && (status.st_mode & S_IXGRP) != 0;
        if (!by_group && (status.st_mode & S_IXOTH) == 0)
            return unexpected("Kanmon's own users cannot enter " + path.string() + ", so " +
                              whole.string() + " is of no use to them; choose another place with " +
                              key + ", or allow it with: chmod o+x " + path.string());
    }
    return {};
}

}  // namespace

Checked check_machine(const Installation& installation) {
    if (::geteuid() != 0)
        return unexpected<std::string>(
            "Kanmon needs root to make devices; start it with: sudo kanmond");
    const UniqueFd tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    if (!tun)
        return unexpected(problem("/dev/net/tun cannot be used") +
                          "; load it with: modprobe tun - in a container pass the device in with: "
                          "--device /dev/net/tun --cap-add NET_ADMIN --cap-add SYS_ADMIN");
    if (::access("/usr/sbin/nft", X_OK) != 0)
        return unexpected<std::string>(
            "/usr/sbin/nft is missing; install it with: "
            "apt-get install nftables");
    for (const char* name : {"kanmon-broker", "kanmon-control", "kanmon-data"})
        if (::access((installation.programs + "/" + name).c_str(), X_OK) != 0)
            return unexpected(std::string(name) + " is not beside kanmond in " +
                              installation.programs + "; build all of Kanmon first");
    return {};
}

Checked make_directories(const Installation& installation) {
    const auto& [settings, identities, programs, secret] = installation;
    return make_directory(settings.run, 0, identities.group, 0750)
        .and_then([&] { return make_directory(settings.state, 0, identities.group, 0750); })
        .and_then([&] {
            return make_directory(settings.run + "/control", identities.control, identities.group,
                                  0750);
        })
        .and_then([&] {
            return make_directory(settings.state + "/control", identities.control, identities.group,
                                  0700);
        })
        .and_then([&] { return make_directory(settings.state + "/broker", 0, 0, 0700); })
        .and_then(
            [&] { return check_ancestors(settings.run, identities.group, "directories.run"); })
        .and_then(
            [&] { return check_ancestors(settings.state, identities.group, "directories.state"); });
}

Expected<UniqueFd, std::string> lock_directory(const std::string& directory) {
    const std::string path = directory + "/kanmond.lock";
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) return unexpected(problem("open " + path));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
        return unexpected("another kanmond runs on " + directory +
                          "; stop it first, or choose other directories with directories.run "
                          "and directories.state");
    return fd;
}

std::string guess_public_address() {
    const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(9);
    address.sin_addr.s_addr = htonl(0xc0000201);  // 192.0.2.1, for documentation
    socklen_t size = sizeof address;
    auto* generic = static_cast<sockaddr*>(static_cast<void*>(&address));
    if (::connect(fd.get(), generic, size) != 0 || ::getsockname(fd.get(), generic, &size) != 0)
        return "127.0.0.1";
    return to_string(Ipv4{ntohl(address.sin_addr.s_addr)});
}

}  // namespace kanmon::apps
