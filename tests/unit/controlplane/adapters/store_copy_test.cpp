#include "controlplane/adapters/store_copy.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "controlplane/adapters/migrations.h"
#include "controlplane/adapters/sqlite_database.h"

namespace kanmon::adapters {
namespace {

namespace fs = std::filesystem;

class StoreCopy : public testing::Test {
protected:
    StoreCopy() { fs::create_directory(folder); }
    ~StoreCopy() override { fs::remove_all(folder); }

    std::string write(const std::string& name, Bytes octets) const {
        const fs::path path = folder / name;
        std::ofstream(path, std::ios::binary) << as_text(octets);
        return path;
    }

    const fs::path folder = fs::path(testing::TempDir()) / ("copy" + std::to_string(::getpid()));
    const std::string store = folder / "kanmon.db";
};

TEST_F(StoreCopy, HasWhatWasCommittedAndNothingOfAChangeThatGoesOn) {
    Database database(store);
    database.run("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1);");
    Transaction going_on(database);
    database.run("INSERT INTO t VALUES (2);");
    const auto copy = copy_store(store);
    ASSERT_TRUE(copy) << copy.error();
    Database copied(write("copy.db", copy->view()));
    Statement in = copied.prepare("SELECT count(*), sum(n) FROM t");
    ASSERT_TRUE(in.step());
    EXPECT_EQ(in.number(), 1);
    EXPECT_EQ(in.number(), 1);
}

TEST_F(StoreCopy, OfNothingMakesNothing) {
    EXPECT_FALSE(copy_store(store));
    EXPECT_FALSE(fs::exists(store));
}

TEST_F(StoreCopy, IsCheckedForItsVersionAndForDamage) {
    Database(store).run("PRAGMA user_version = 1; CREATE TABLE t (n TEXT);");
    EXPECT_TRUE(check_store(store));
    Database(store).run("PRAGMA user_version = " + std::to_string(migrations.size() + 1));
    const auto newer = check_store(store);
    ASSERT_FALSE(newer);
    EXPECT_TRUE(newer.error().starts_with("its store has version")) << newer.error();
    EXPECT_FALSE(check_store(write("text.db", as_bytes(std::string(5000, 'x')))));
}

}  // namespace
}  // namespace kanmon::adapters
