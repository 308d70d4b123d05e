#include "apps/control_state.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/whole_file.h"
#include "controlplane/adapters/master_key_sealer.h"
#include "controlplane/adapters/sqlite_attempt_log.h"
#include "controlplane/adapters/sqlite_books.h"
#include "controlplane/adapters/sqlite_meter_book.h"

namespace kanmon::apps {

namespace {

Unexpected<std::string> problem(const std::string& what, const std::string& path) {
    return unexpected(fmt::format("{} {}: {}", what, path, std::strerror(errno)));
}

}  // namespace

Expected<ControlState, std::string> open_control_state(const std::string& folder,
                                                       const RecordLimits& limits, Random& random) {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return problem("mkdir", folder);
    ControlState state;
    const std::string lock = folder + "/control.lock";
    state.lock = UniqueFd(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!state.lock) return problem("open", lock);
    if (::flock(state.lock.get(), LOCK_EX | LOCK_NB) != 0)
        return unexpected("another control process works on " + folder + "; stop it first");
    const std::string store = folder + "/kanmon.db";
    const bool first_start = ::access(store.c_str(), F_OK) != 0;
    const auto key = adapters::load_master_key(folder + "/master.key", first_start, random);
    if (!key) return unexpected(key.error().message);
    auto books = adapters::open_sqlite_books(store);
    if (!books) return unexpected(books.error().message);
    state.books = std::move(*books);
    auto log = adapters::open_sqlite_attempt_log(folder + "/log.db", limits.log);
    if (!log) return unexpected(log.error().message);
    state.log = std::move(*log);
    auto meters = adapters::open_sqlite_meter_book(folder + "/meters.db", limits.meters);
    if (!meters) return unexpected(meters.error().message);
    state.meters = std::move(*meters);
    state.sealer = adapters::make_sealer(*key, random);
    return state;
}

Expected<void, std::string> write_root_key(const std::string& folder,
                                           const usecases::AccountCreated& root) {
    const std::string path = folder + "/root-access-key.json";
    if (::access(path.c_str(), F_OK) == 0) return {};
    std::string text = fmt::format("{{\"AccessKeyId\": \"{}\", \"AccessKeySecret\": \"{}\"}}\n",
                                   root.access_key.text, as_text(root.access_key_secret.view()));
    auto written = write_whole_file(path, as_bytes(text), 0600);
    wipe(std::as_writable_bytes(std::span<char>(text)));
    return written;
}

std::string boot_name() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string name;
    std::getline(file, name);
    return name;
}

}  // namespace kanmon::apps
