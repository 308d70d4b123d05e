// What a backup takes from control's folder, which is not root's.
#include "apps/kanmon/gateway_backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "controlplane/adapters/sqlite_database.h"
#include "temporary_folder.h"

namespace kanmon::apps {
namespace {

using testing::HasSubstr;

class Backup : public testing::Test {
protected:
    Backup() {
        std::filesystem::create_directory(control);
        adapters::Database(control + "kanmon.db").run("CREATE TABLE a (b INTEGER)");
        std::ofstream(control + "master.key") << "key";
    }

    Expected<std::string, std::string> made() { return back_up(backup, random); }

    TemporaryFolder folder;
    std::string control = folder.path() + "/control/";
    GatewayBackup backup{.state = folder.path(),
                         .file = folder.path() + "/backup",
                         .passphrase = secret_of(std::string("a passphrase"))};
    SeededRandom random{5};
};

TEST_F(Backup, ALinkInControlsFolderIsRefusedByNameAndNotFollowed) {
    std::ofstream(folder.path() + "/of-somebody-else") << "secret";
    for (const std::string name : {"api.key", "api.crt", "root-access-key.json"}) {
        for (const char* target : {"of-somebody-else", "nowhere"}) {
            std::filesystem::create_symlink(folder.path() + "/" + target, control + name);
            const auto refused = made();
            ASSERT_FALSE(refused) << name << " to " << target;
            EXPECT_THAT(refused.error(), HasSubstr(control + name + " is a link"));
            std::filesystem::remove(control + name);
        }
    }
    EXPECT_FALSE(std::filesystem::exists(backup.file));
}

TEST_F(Backup, AFifoOrAFolderIsRefusedByNameAndNotWaitedFor) {
    std::filesystem::remove(control + "master.key");
    ASSERT_EQ(::mkfifo((control + "master.key").c_str(), 0600), 0);
    const auto fifo = made();
    ASSERT_FALSE(fifo);
    EXPECT_THAT(fifo.error(), HasSubstr(control + "master.key is no regular file"));
    std::filesystem::remove(control + "master.key");
    std::filesystem::create_directory(control + "master.key");
    const auto directory = made();
    ASSERT_FALSE(directory);
    EXPECT_THAT(directory.error(), HasSubstr(control + "master.key is no regular file"));
}

TEST_F(Backup, OnlyFilesThatMustBeThereAreMissed) {
    ASSERT_TRUE(made());
    EXPECT_TRUE(std::filesystem::exists(backup.file));
    std::filesystem::remove(control + "master.key");
    const auto refused = made();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error(), HasSubstr(control + "master.key is not there"));
}

}  // namespace
}  // namespace kanmon::apps
