#include "controlplane/adapters/sqlite_event_log.h"

#include <optional>

#include "controlplane/adapters/sqlite_database.h"
#include "controlplane/adapters/sqlite_events.h"

namespace kanmon::adapters {

namespace {

class SqliteEventLog final : public usecases::EventLog {
public:
    explicit SqliteEventLog(std::string path) : path_(std::move(path)) {}

    Expected<std::vector<model::Event>, std::string> after(std::uint64_t number,
                                                           std::size_t count) override {
        return guarded<std::vector<model::Event>>(
            [&](Database& database) { return read_events_after(database, number, count); });
    }

    Expected<std::uint64_t, std::string> newest() override {
        return guarded<std::uint64_t>([](Database& database) {
            Statement in = database.prepare("SELECT coalesce(max(number), 0) FROM events");
            in.step();
            return static_cast<std::uint64_t>(in.number());
        });
    }

private:
    template <class T, class Work>
    Expected<T, std::string> guarded(Work work) {
        try {
            if (!database_) database_.emplace(path_);
            return work(*database_);
        } catch (const StoreError& error) {
            database_.reset();  // the next attempt begins anew
            return unexpected("the store cannot be read: " + std::string(error.what()));
        }
    }

    std::string path_;
    std::optional<Database> database_;
};

}  // namespace

std::unique_ptr<usecases::EventLog> make_sqlite_event_log(const std::string& path) {
    return std::make_unique<SqliteEventLog>(path);
}

}  // namespace kanmon::adapters
