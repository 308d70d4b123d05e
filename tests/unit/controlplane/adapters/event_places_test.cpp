// Where events go: syslog's socket, the store that they come from, the file that remembers.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "base/unique_fd.h"
#include "controlplane/adapters/delivery_mark_file.h"
#include "controlplane/adapters/sqlite_books.h"
#include "controlplane/adapters/sqlite_event_log.h"
#include "controlplane/adapters/syslog_place.h"
#include "temporary_folder.h"

namespace kanmon::adapters {
namespace {

model::Event event_of(std::uint64_t number, const std::string& message) {
    return {.number = number,
            .account = {"1000000000000001"},
            .at = unix_time_of(1'795'000'000),
            .kind = "CertificateExpiresSoon",
            .resource = "vsc-1",
            .server = "vss-1",
            .message = message};
}

class EventPlaces : public testing::Test {
protected:
    /// What syslogd does.
    UniqueFd collector() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = folder_ + "/log";
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        ::unlink(path.c_str());
        UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        EXPECT_EQ(::bind(socket.get(), static_cast<sockaddr*>(static_cast<void*>(&address)),
                         sizeof address),
                  0);
        return socket;
    }
    static std::string line_of(const UniqueFd& collector) {
        std::array<char, 8192> line{};
        const ssize_t got = ::recv(collector.get(), line.data(), line.size(), 0);
        return got < 0 ? "" : std::string(line.data(), static_cast<std::size_t>(got));
    }

    TemporaryFolder temporary_;
    const std::string& folder_ = temporary_.path();
};

TEST_F(EventPlaces, SyslogGetsALineForEachEventAsSyslog3WritesIt) {
    const UniqueFd socket = collector();
    SyslogPlace place(folder_ + "/log");
    ASSERT_TRUE(place.deliver({{event_of(7, "It ends."), event_of(8, "So does this.")}, 3},
                              unix_time_of(1'795'000'001)));
    const std::string pid = std::to_string(::getpid());
    EXPECT_EQ(line_of(socket), "<28>Nov 18 11:06:41 kanmon[" + pid + "]: EventsLost count=\"3\"");
    EXPECT_EQ(line_of(socket),
              "<29>Nov 18 11:06:40 kanmon[" + pid +
                  "]: CertificateExpiresSoon event=\"7\" account=\"1000000000000001\" "
                  "resource=\"vsc-1\" server=\"vss-1\" message=\"It ends.\"");
    EXPECT_NE(line_of(socket).find("event=\"8\""), std::string::npos);
    EXPECT_EQ(line_of(socket), "");
}

TEST_F(EventPlaces, SyslogLinesStayOneLineWhateverTheyTell) {
    const std::string line =
        syslog_line(event_of(1, "a\nb\r\x1b[2J \"quoted\" \xe2\x80\xae" + std::string(90000, 'x')));
    EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; }));
    EXPECT_LT(line.size(), 4096u);
    EXPECT_NE(line.find("\\\"quoted\\\""), std::string::npos);
    model::Event ended = event_of(1, "");
    ended.kind = "CertificateExpired";
    EXPECT_TRUE(syslog_line(ended).starts_with("<28>"));
}

TEST_F(EventPlaces, ACollectorThatIsAwayTakesNothingAndOneThatCameBackDoes) {
    SyslogPlace place(folder_ + "/log");
    const auto refused = place.deliver({{event_of(1, "m")}, 0}, {});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().find(folder_ + "/log takes nothing"), std::string::npos);
    {
        const UniqueFd first = collector();
        EXPECT_TRUE(place.deliver({{event_of(1, "m")}, 0}, {}));
        EXPECT_NE(line_of(first), "");
    }
    EXPECT_FALSE(place.deliver({{event_of(2, "m")}, 0}, {}));
    const UniqueFd second = collector();
    EXPECT_TRUE(place.deliver({{event_of(2, "m")}, 0}, {}));
    EXPECT_NE(line_of(second).find("event=\"2\""), std::string::npos);
}

TEST_F(EventPlaces, ACollectorThatWasStartedAnewUnderItsNameIsFound) {
    SyslogPlace place(folder_ + "/log");
    {
        const UniqueFd first = collector();
        EXPECT_TRUE(place.deliver({{event_of(1, "m")}, 0}, {}));
    }
    const UniqueFd second = collector();
    EXPECT_TRUE(place.deliver({{event_of(2, "m")}, 0}, {})) << "without a failure in between";
    EXPECT_NE(line_of(second), "");
}

TEST_F(EventPlaces, TheLogOfTheStoreHasAllAccountsEventsInOrder) {
    const std::string path = folder_ + "/kanmon.db";
    auto books = open_sqlite_books(path);
    ASSERT_TRUE(books);
    const auto log = make_sqlite_event_log(path);
    EXPECT_EQ(log->newest().value(), 0u);
    EXPECT_TRUE(log->after(0, 10)->empty());
    std::vector<usecases::EventWrite> writes;
    for (int i = 0; i < 5; ++i) writes.push_back({event_of(0, std::to_string(i)), {}, {}});
    writes[2].event.account.text = "2000000000000002";
    ASSERT_TRUE((*books)->append_events(writes, unix_time_of(1)));
    EXPECT_EQ(log->newest().value(), 5u);
    const auto rows = log->after(1, 3);
    ASSERT_EQ(rows->size(), 3u);
    EXPECT_EQ(rows->front().number, 2u);
    EXPECT_EQ((*rows)[1].account.text, "2000000000000002");
    EXPECT_EQ((*rows)[1].message, "2");
    EXPECT_EQ(rows->back().kind, "CertificateExpiresSoon");
}

TEST_F(EventPlaces, AStoreThatIsNotThereIsAnErrorAndNothingElse) {
    const auto log = make_sqlite_event_log(folder_ + "/nowhere/kanmon.db");
    EXPECT_FALSE(log->newest());
    EXPECT_FALSE(log->after(0, 1));
}

TEST_F(EventPlaces, TheMarkIsKeptInAFileOfItsOwnersAlone) {
    const std::string path = folder_ + "/delivered-webhook";
    DeliveryMarkFile mark(path);
    EXPECT_EQ(mark.read().value(), std::nullopt);
    ASSERT_TRUE(mark.write(18446744073709551615u));
    EXPECT_EQ(DeliveryMarkFile(path).read().value(), 18446744073709551615u);
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    std::ofstream(path) << "none";
    EXPECT_FALSE(mark.read());
    EXPECT_FALSE(DeliveryMarkFile(folder_ + "/nowhere/x").write(1));
}

}  // namespace
}  // namespace kanmon::adapters
