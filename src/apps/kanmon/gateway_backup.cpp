#include "apps/kanmon/gateway_backup.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/unique_fd.h"
#include "base/whole_file.h"
#include "controlplane/adapters/backup_file.h"
#include "controlplane/adapters/store_copy.h"

namespace kanmon::apps {

namespace {

namespace fs = std::filesystem;
using Done = Expected<void, std::string>;

constexpr std::string_view store_name = "kanmon.db";

struct File {
    std::string_view name;
    bool required;
    mode_t mode;
};
/// What control keeps besides the store.
constexpr std::array files{File{"master.key", true, 0400}, File{"api.crt", false, 0600},
                           File{"api.key", false, 0600}, File{"root-access-key.json", false, 0600}};

Unexpected<std::string> problem(const std::string& what) {
    return unexpected(what + ": " + std::strerror(errno));
}

/// In control's own folder a link, which that process could have made, leads root to what is not
/// control's to read.
enum class Links : int { followed = 0, refused = O_NOFOLLOW };

/// Nothing when there is none. Does not wait for whoever would write to a FIFO.
Expected<std::optional<SecretBuffer>, std::string> content_of(const std::string& path,
                                                              Links links) {
    constexpr int usual = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    const UniqueFd file(::open(path.c_str(), usual | static_cast<int>(links)));
    if (!file && errno == ENOENT) return std::optional<SecretBuffer>();
    if (!file && errno == ELOOP)
        return unexpected(path + " is a link, which root does not follow; put the file there");
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) return problem("cannot read " + path);
    if (!S_ISREG(status.st_mode)) return unexpected(path + " is no regular file");
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > 2 * adapters::backup_octets_max)
        return unexpected(path + " is larger than any backup");
    std::string text(size, '\0');
    std::size_t used = 0;
    while (used < size) {
        const ssize_t got = ::read(file.get(), text.data() + used, size - used);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return problem("cannot read " + path);
        if (got == 0) return unexpected(path + " became shorter while it was read");
        used += static_cast<std::size_t>(got);
    }
    return std::optional(secret_of(std::move(text)));
}

/// What kanmond and control hold while they run.
Done hold_lock(const std::string& path, UniqueFd& held) {
    held = UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!held) return problem("open " + path);
    if (::flock(held.get(), LOCK_EX | LOCK_NB) != 0)
        return unexpected<std::string>("the gateway runs; stop it first: systemctl stop kanmond");
    return {};
}

Done sync_directory(const std::string& path) {
    const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) return problem("fsync " + path);
    return {};
}

Done write_entry(const std::string& folder, const adapters::BackupEntry& entry,
                 const struct stat& owner) {
    const auto known = std::ranges::find(files, entry.name, &File::name);
    if (known == files.end() && entry.name != store_name)
        return unexpected<std::string>(
            "the backup's content has another shape than this version's");
    const std::string path = folder + "/" + entry.name;
    const mode_t mode = known == files.end() ? 0600 : known->mode;
    if (auto written = write_whole_file(path, entry.content.view(), mode); !written) return written;
    if (::chown(path.c_str(), owner.st_uid, owner.st_gid) != 0) return problem("chown " + path);
    return {};
}

/// All of it on the disk, beside the place where it will be.
Done write_beside(const std::string& folder, const std::vector<adapters::BackupEntry>& entries,
                  const struct stat& owner) {
    std::error_code error;
    fs::remove_all(folder, error);  // of a restore that was cut off
    if (::mkdir(folder.c_str(), 0700) != 0) return problem("mkdir " + folder);
    for (const auto& entry : entries)
        if (auto written = write_entry(folder, entry, owner); !written) return written;
    const auto has = [&](std::string_view name) {
        return std::ranges::find(entries, name, &adapters::BackupEntry::name) != entries.end();
    };
    if (!has(store_name) || !has("master.key"))
        return unexpected(std::string("the backup lacks the store or its master key"));
    if (auto sound = adapters::check_store(folder + "/" + std::string(store_name)); !sound)
        return sound;
    if (::chown(folder.c_str(), owner.st_uid, owner.st_gid) != 0) return problem("chown " + folder);
    return sync_directory(folder);
}

/// The exchange is the one moment in which the old becomes the new; whoever dies before or after it
/// leaves one of the two whole in its place and the other as `replaced`.
Done exchange(const std::string& state, const std::string& beside, const std::string& place) {
    const std::string replaced = place + ".replaced";
    if (::rename(beside.c_str(), replaced.c_str()) != 0) return problem("rename " + beside);
    if (::renameat2(AT_FDCWD, replaced.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) != 0) {
        const auto why = problem("rename " + replaced);
        ::rename(replaced.c_str(), beside.c_str());
        return why;
    }
    return sync_directory(state);
}

}  // namespace

Expected<std::string, std::string> back_up(const GatewayBackup& backup, Random& random) {
    const std::string control = backup.state + "/control/";
    auto store = adapters::copy_store(control + std::string(store_name));
    if (!store) return unexpected(store.error());
    std::vector<adapters::BackupEntry> entries;
    entries.push_back({std::string(store_name), std::move(*store)});
    for (const File& file : files) {
        const std::string path = control + std::string(file.name);
        auto content = content_of(path, Links::refused);
        if (!content) return unexpected(content.error());
        if (!*content && file.required) return unexpected(path + " is not there");
        if (*content) entries.push_back({std::string(file.name), std::move(**content)});
    }
    const auto sealed = adapters::seal_backup(entries, backup.passphrase.view(), random);
    if (!sealed) return unexpected(sealed.error());
    if (auto written = write_whole_file(backup.file, *sealed, 0600); !written)
        return unexpected(written.error());
    return fmt::format("{} holds the store, the keys and the API's certificate, sealed: {} octets",
                       backup.file, sealed->size());
}

Expected<std::string, std::string> restore(const GatewayBackup& backup, bool replace,
                                           Random& random) {
    const std::string place = backup.state + "/control";
    struct stat owner {};
    if (::stat(place.c_str(), &owner) != 0)
        return unexpected("there is no " + place +
                          "; start the gateway once, which makes it for its own user, stop it, "
                          "and restore with --replace");
    UniqueFd supervisor;
    UniqueFd control;
    for (auto [path, held] : {std::pair{backup.state + "/kanmond.lock", &supervisor},
                              std::pair{place + "/control.lock", &control}})
        if (auto locked = hold_lock(path, *held); !locked) return unexpected(locked.error());
    const std::string store = place + "/" + std::string(store_name);
    const bool present = ::access(store.c_str(), F_OK) == 0;
    if (present && !replace)
        return unexpected(store +
                          " is there already; --replace puts the backup in its place and "
                          "keeps the present files in " +
                          place + ".replaced");
    if (fs::exists(place + ".replaced"))
        return unexpected(place + ".replaced is there from an earlier restore; move it away first");
    const auto sealed = content_of(backup.file, Links::followed);
    if (!sealed) return unexpected(sealed.error());
    if (!*sealed) return unexpected("cannot read " + backup.file + ": it is not there");
    const auto entries = adapters::open_backup((*sealed)->view(), backup.passphrase.view(), random);
    if (!entries) return unexpected(backup.file + ": " + entries.error());
    const std::string beside = place + ".restoring";
    auto done = write_beside(beside, *entries, owner);
    if (done) done = exchange(backup.state, beside, place);
    if (!done) {
        std::error_code error;
        fs::remove_all(beside, error);
        return unexpected(backup.file + ": " + done.error());
    }
    return fmt::format("{} holds what the backup held; the former files are in {}.replaced", place,
                       place);
}

}  // namespace kanmon::apps
