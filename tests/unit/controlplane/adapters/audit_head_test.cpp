// The end of the audit log, which is kept apart from the store: cut off, it is missed.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "contract/control_world.h"
#include "controlplane/adapters/audit_head_file.h"
#include "controlplane/adapters/sqlite_books.h"
#include "temporary_folder.h"

namespace kanmon::adapters {
namespace {

using namespace usecases;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// One run of the gateway on the folder.
struct Process {
    explicit Process(const std::string& folder)
        : books(std::move(*open_sqlite_books(folder + "/kanmon.db"))),
          head(folder + "/audit-head", world.sealer) {}

    /// With ids that no earlier run drew.
    Call account() {
        static std::uint64_t seed = 100;
        world.random = SeededRandom{++seed};
        return world.account("alice");
    }
    void change(int times = 1) {
        for (int i = 0; i < times; ++i) ASSERT_TRUE(world.plane.idaas.create(alice, "source"));
    }
    std::vector<model::Event> told() {
        return *books->events({.account = world.root().actor.account,
                               .kind = "AuditLogChanged",
                               .resource = {},
                               .server = {}});
    }

    std::unique_ptr<Books> books;
    ControlWorld world{*books};
    Call alice = account();
    AuditHeadFile head;
    AuditWatch watch{world.ports, head};
    Instant now = instant_of(1'000'000'000'000);
};

class AuditHeadOnDisk : public testing::Test {
protected:
    void sql(const char* text) {
        sqlite3* raw = nullptr;
        ASSERT_EQ(sqlite3_open((folder.path() + "/kanmon.db").c_str(), &raw), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(raw, text, nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(raw);
    }
    /// The last rows, as somebody with the file would.
    void cut_off() {
        sql("DROP TRIGGER audit_keeps_rows;"
            "DELETE FROM audit WHERE number > (SELECT max(number) - 2 FROM audit)");
    }
    std::vector<std::string> checked() {
        Process run(folder.path());
        return run.watch.check(run.world.now);
    }
    std::string file() const { return folder.path() + "/audit-head"; }

    TemporaryFolder folder;
};

TEST_F(AuditHeadOnDisk, AnUntouchedLogIsFineHoweverTheGatewayEnded) {
    {
        Process run(folder.path());
        EXPECT_THAT(run.watch.check(run.world.now), IsEmpty()) << "the first start";
        run.change(3);
        ASSERT_TRUE(run.watch.keep(run.now));
        run.change(3);  // killed before the next time
    }
    EXPECT_THAT(checked(), IsEmpty());
    EXPECT_THAT(checked(), IsEmpty());
}

TEST_F(AuditHeadOnDisk, AnEndThatWasCutOffIsMissedAndTold) {
    {
        Process run(folder.path());
        run.change(5);
        ASSERT_TRUE(run.watch.keep_last());
    }
    cut_off();
    Process run(folder.path());
    EXPECT_THAT(run.watch.check(run.world.now), ElementsAre(HasSubstr("was cut off")));
    ASSERT_EQ(run.told().size(), 1U);
    EXPECT_THAT(run.told().front().message, HasSubstr("was cut off"));
    EXPECT_TRUE(std::filesystem::exists(file() + ".unmatched")) << "for whoever looks into it";
}

TEST_F(AuditHeadOnDisk, AnEndThatWasCutOffAndFilledAgainIsMissed) {
    {
        Process run(folder.path());
        run.change(5);
        ASSERT_TRUE(run.watch.keep_last());
    }
    cut_off();
    Process run(folder.path());
    run.change(5);
    EXPECT_THAT(run.watch.check(run.world.now), ElementsAre(HasSubstr("was cut off")));
}

TEST_F(AuditHeadOnDisk, ARowThatWasChangedIsToldOnceAndSaidAtEveryStart) {
    {
        Process run(folder.path());
        run.change(5);
    }
    sql("DROP TRIGGER audit_keeps_values; UPDATE audit SET subject = 'x' WHERE number = 3");
    for (int start = 0; start < 2; ++start) {
        Process run(folder.path());
        EXPECT_THAT(run.watch.check(run.world.now), ElementsAre(HasSubstr("Row 3")));
        EXPECT_EQ(run.told().size(), 1U);
    }
}

TEST_F(AuditHeadOnDisk, AHeadThatNobodyWithTheKeyWroteIsNotBelieved) {
    {
        Process run(folder.path());
        run.change(5);
        ASSERT_TRUE(run.watch.keep_last());
    }
    for (const char* text : {"", "1 aa", "audit-head|nonsense"}) {
        std::ofstream(file()) << text;
        EXPECT_THAT(checked(), ElementsAre(HasSubstr("cannot be read"))) << text;
    }
}

TEST_F(AuditHeadOnDisk, IsWrittenWhenItMovedAndTenSecondsHavePassed) {
    Process run(folder.path());
    run.change();
    ASSERT_TRUE(run.watch.keep(run.now));
    const auto first = run.head.read();
    ASSERT_TRUE(first && *first);
    EXPECT_EQ(**first, *run.books->audit_head());
    run.change();
    ASSERT_TRUE(run.watch.keep(run.now + 9s));
    EXPECT_EQ(**run.head.read(), **first);
    ASSERT_TRUE(run.watch.keep(run.now + 10s));
    EXPECT_EQ(**run.head.read(), *run.books->audit_head());
}

}  // namespace
}  // namespace kanmon::adapters
