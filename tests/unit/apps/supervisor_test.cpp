// The supervisor's own rules, with programs that say what a test wants them to say.
#include "apps/supervisor.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/clock.h"
#include "base/log.h"
#include "temporary_folder.h"

namespace kanmon::apps {
namespace {

/// Says after some seconds that it is ready, and then that it lives as often as told, each 50 ms.
constexpr const char* talker =
    "import os,socket,sys,time\n"
    "time.sleep(float(sys.argv[2]))\n"
    "s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\n"
    "s.connect(os.environ['NOTIFY_SOCKET'])\n"
    "s.send(b'READY=1')\n"
    "for _ in range(int(sys.argv[1])):\n"
    "    time.sleep(0.05); s.send(b'WATCHDOG=1')\n"
    "time.sleep(60)\n";

class SupervisorTest : public testing::Test {
protected:
    Program program(const std::string& name, int words, Duration silence_max,
                    const std::string& seconds_before = "0") {
        Program made{
            name, "/usr/bin/python3", {"-c", talker, std::to_string(words), seconds_before}, 0, 0};
        made.silence_max = silence_max;
        return made;
    }

    /// Runs it in a process of its own, which must be single-threaded, and returns its log.
    std::string log_of(const std::vector<Program>& programs, std::chrono::milliseconds time) {
        const pid_t child = ::fork();
        if (child == 0) {
            if (::freopen((folder_ + "/log").c_str(), "w", stderr) == nullptr) ::_exit(1);
            supervise(programs);
            ::_exit(0);
        }
        ::usleep(static_cast<useconds_t>(time.count() * 1000));
        ::kill(child, SIGTERM);
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        std::ifstream file(folder_ + "/log");
        return {std::istreambuf_iterator<char>(file), {}};
    }

private:
    void supervise(const std::vector<Program>& programs) {
        open_log("test", Severity::info);
        sigset_t signals;
        sigemptyset(&signals);
        for (const int signal : {SIGTERM, SIGINT, SIGCHLD, SIGHUP}) sigaddset(&signals, signal);
        ::sigprocmask(SIG_BLOCK, &signals, nullptr);
        auto notices = ServiceNotices::listen(folder_ + "/notify.sock", 0);
        ::setenv("NOTIFY_SOCKET", (folder_ + "/notify.sock").c_str(), 1);
        Supervisor supervisor(folder_, {}, std::move(*notices));
        for (const Program& each : programs) supervisor.add(each, {}, 1s);
        supervisor.run();
    }

    TemporaryFolder temporary_;
    const std::string& folder_ = temporary_.path();
};

TEST_F(SupervisorTest, KillsWhatFallsSilentAndStartsItAgain) {
    if (::geteuid() != 0) GTEST_SKIP() << "starting a program as a user needs root";
    const std::string log = log_of({program("silent", 0, 1500ms)}, 6s);
    EXPECT_NE(log.find("hangs, and is killed program=\"silent\""), std::string::npos) << log;
    EXPECT_NE(log.find("end=\"signal 9 (Killed)\""), std::string::npos) << log;
    EXPECT_NE(log.rfind("started program=\"silent\""), log.find("started program=\"silent\""));
}

TEST_F(SupervisorTest, KillsWhatHangsBeforeItsFirstWordAndStartsItAgain) {
    if (::geteuid() != 0) GTEST_SKIP() << "starting a program as a user needs root";
    Program mute = program("mute", 0, 30s, "60");
    mute.first_word_max = 1s;
    const std::string log = log_of({mute}, 3s);
    EXPECT_NE(log.find("hangs, and is killed program=\"mute\""), std::string::npos) << log;
    EXPECT_NE(log.find("end=\"signal 9 (Killed)\""), std::string::npos) << log;
    EXPECT_NE(log.rfind("started program=\"mute\""), log.find("started program=\"mute\""));
}

TEST_F(SupervisorTest, WaitsLongerForTheFirstWordThanForTheNext) {
    if (::geteuid() != 0) GTEST_SKIP() << "starting a program as a user needs root";
    const std::string log = log_of({program("slow", 1000, 2s, "3")}, 5s);
    EXPECT_NE(log.find("ready program=\"slow\""), std::string::npos) << log;
    EXPECT_EQ(log.find("hangs"), std::string::npos) << log;
}

TEST_F(SupervisorTest, LetsLiveWhatSpeaksAndWhatNeedNotSpeak) {
    if (::geteuid() != 0) GTEST_SKIP() << "starting a program as a user needs root";
    const std::string log = log_of({program("speaks", 1000, 2s), program("need-not", 0, 0s)}, 5s);
    EXPECT_NE(log.find("ready program=\"speaks\""), std::string::npos) << log;
    EXPECT_EQ(log.find("hangs"), std::string::npos) << log;
    EXPECT_EQ(log.find("died"), std::string::npos) << log;
}

TEST(ServiceNotify, SpeaksToThePathAndToTheAbstractNameOfItsEnvironmentAndForgetsThem) {
    const std::string path = testing::TempDir() + "notify" + std::to_string(::getpid());
    auto notices = ServiceNotices::listen(path, ::geteuid());
    ASSERT_TRUE(notices) << notices.error();
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "3000000", 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    const ServiceNotify notify = ServiceNotify::from_environment();
    EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
    EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
    EXPECT_EQ(notify.watchdog_every(), 1500ms);
    notify.say("STATUS=words\nREADY=1");
    const auto notice = notices->take();
    ASSERT_TRUE(notice);
    EXPECT_TRUE(notice->ready);
    EXPECT_EQ(notice->status, "words");
    EXPECT_EQ(notice->from, ::getpid());
    EXPECT_FALSE(notices->take());
    std::filesystem::remove(path);
}

TEST(ServiceNotify, WithoutASocketOrForAnotherProcessAsksForNoWatchdog) {
    ServiceNotify{}.say("READY=1");
    ::setenv("NOTIFY_SOCKET", "relative", 1);
    ::setenv("WATCHDOG_USEC", "3000000", 1);
    EXPECT_EQ(ServiceNotify::from_environment().watchdog_every(), Duration(0));
    const std::string path = testing::TempDir() + "notify" + std::to_string(::getpid());
    auto notices = ServiceNotices::listen(path, ::geteuid());
    ASSERT_TRUE(notices);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "3000000", 1);
    ::setenv("WATCHDOG_PID", "1", 1);
    EXPECT_EQ(ServiceNotify::from_environment().watchdog_every(), Duration(0));
    EXPECT_FALSE(ServiceNotices::listen("/" + std::string(200, 'a'), 0));
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace kanmon::apps
