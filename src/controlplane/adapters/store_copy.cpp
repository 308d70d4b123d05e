#include "controlplane/adapters/store_copy.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <memory>

#include "controlplane/adapters/migrations.h"
#include "controlplane/adapters/openssl_owned.h"
#include "controlplane/adapters/sqlite_database.h"

namespace kanmon::adapters {

namespace {

using Connection = std::unique_ptr<sqlite3, Freed<sqlite3_close>>;
using Octets = std::unique_ptr<unsigned char, Freed<sqlite3_free>>;

Unexpected<std::string> problem(const std::string& path, const char* what) {
    return unexpected(fmt::format("the store {} cannot be copied: {}", path, what));
}

Connection open_there(const std::string& path, int flags) {
    sqlite3* database = nullptr;
    const int result = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
    Connection connection(database);
    if (result != SQLITE_OK) connection.reset();
    if (connection) sqlite3_busy_timeout(connection.get(), 5000);
    return connection;
}

}  // namespace

Expected<SecretBuffer, std::string> copy_store(const std::string& path) {
    const Connection from = open_there(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW);
    if (!from) return problem(path, "it is not there or may not be opened");
    const Connection into = open_there(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!into) return problem(path, "out of memory");
    sqlite3_backup* backup = sqlite3_backup_init(into.get(), "main", from.get(), "main");
    // All pages in one step: a read of one state, which in WAL mode keeps no writer waiting.
    const bool copied = backup != nullptr && sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    if (sqlite3_backup_finish(backup) != SQLITE_OK || !copied)
        return problem(path, sqlite3_errmsg(into.get()));
    sqlite3_int64 size = 0;
    const Octets octets(sqlite3_serialize(into.get(), "main", &size, 0));
    if (!octets) return problem(path, "out of memory");
    return SecretBuffer(std::as_bytes(std::span(octets.get(), static_cast<std::size_t>(size))));
}

Expected<void, std::string> check_store(const std::string& path) {
    try {
        Database database(path);
        Statement version = database.prepare("PRAGMA user_version");
        version.step();
        if (const auto found = static_cast<std::size_t>(version.number());
            found > migrations.size())
            return unexpected(
                fmt::format("its store has version {}, this program knows {}; install the version "
                            "of Kanmon that made it, or a later one",
                            found, migrations.size()));
        version.step();
        Statement sound = database.prepare("PRAGMA integrity_check(1)");
        sound.step();
        if (const std::string said = sound.text(); said != "ok")
            return unexpected("its store is damaged: " + said);
        sound.step();
        return {};
    } catch (const StoreError& error) {
        return unexpected(std::string("its store cannot be opened: ") + error.what());
    }
}

}  // namespace kanmon::adapters
