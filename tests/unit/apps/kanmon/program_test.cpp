// The program itself against an API that says what a test wants it to say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <regex>
#include <set>

#include "apps/pages/command_words.h"
#include "base/clock.h"
#include "controlplane/api/http_server.h"
#include "temporary_folder.h"

namespace kanmon::apps {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Ran {
    int status = -1;
    std::string output;
    std::string errors;
};

api::HttpResponse answering(int status, const std::string& body) {
    api::HttpResponse response;
    response.status = status;
    response.body = body;
    return response;
}

api::HttpResponse refusing(int status, const std::string& code) {
    return answering(status,
                     R"({"Code":")" + code + R"(","Message":"Not now.","RequestId":"r-1"})");
}

/// Page `number` of VPCs, one a page.
api::HttpResponse page(int number, int total) {
    const std::string text = std::to_string(number);
    return answering(200, R"({"TotalCount":)" + std::to_string(total) +
                              R"(,"Vpcs":{"Vpc":[{"VpcId":"vpc-)" + text + R"("}]}})");
}

class KanmonProgram : public testing::Test {
protected:
    KanmonProgram() {
        auto started = api::HttpServer::start(
            {.listen = Endpoint::v4(Ipv4{0x7f000001}, 0), .certificate = {}, .limits = {}},
            [this](const api::HttpRequest& request) {
                const std::lock_guard lock(mutex_);
                asked_.push_back(request);
                return answer(request);
            });
        if (!started) throw std::runtime_error(started.error());
        server_ = std::move(*started);
    }

    /// The words as a shell takes them; what is shown goes to `output` if that is not empty.
    Ran kanmon(const std::string& words, const std::string& output = {}) {
        const std::string shown = folder.path() + "/output";
        const std::string errors = folder.path() + "/errors";
        const std::string command =
            "KANMON_ACCESS_KEY_ID=key KANMON_ACCESS_KEY_SECRET=secret "
            "KANMON_ENDPOINT=" +
            endpoint() + " " KANMON_PROGRAM " " + words + " >" + (output.empty() ? shown : output) +
            " 2>" + errors;
        const int ended = std::system(command.c_str());
        return {.status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1,
                .output = output.empty() ? content_of(shown) : std::string(),
                .errors = content_of(errors)};
    }

    static std::string content_of(const std::string& path) {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

    /// Bodies of the requests so far.
    std::vector<std::string> asked() {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> bodies;
        for (const api::HttpRequest& request : asked_) bodies.push_back(request.body);
        return bodies;
    }

    std::function<api::HttpResponse(const api::HttpRequest&)> answer = [](const api::HttpRequest&) {
        return answering(200, R"({"RequestId":"r-1"})");
    };
    TemporaryFolder folder;

private:
    std::mutex mutex_;
    std::vector<api::HttpRequest> asked_;
    std::unique_ptr<api::HttpServer> server_;
};

bool asks_for_page_two(const api::HttpRequest& request) {
    return request.body.find("PageNumber=2") != std::string::npos;
}

TEST_F(KanmonProgram, AListWhoseLaterPageIsRefusedIsNotShownInPart) {
    for (const int status : {403, 503}) {
        answer = [&](const api::HttpRequest& request) {
            return asks_for_page_two(request) ? refusing(status, "Refused.There") : page(1, 3);
        };
        const Ran ran = kanmon("vpc list");
        EXPECT_EQ(ran.status, 1) << status;
        EXPECT_THAT(ran.output, IsEmpty());
        EXPECT_THAT(ran.errors, HasSubstr("kanmon: Refused.There: Not now. (request r-1)"));
    }
}

TEST_F(KanmonProgram, AListWaitsAsLongAsTheApiSaysAndGoesOn) {
    int refusals = 0;
    answer = [&](const api::HttpRequest& request) {
        if (!asks_for_page_two(request)) return page(1, 2);
        if (++refusals > 2) return page(2, 2);
        api::HttpResponse refusal = refusing(429, "Throttling.User");
        refusal.retry_after = std::chrono::milliseconds(400);
        return refusal;
    };
    const Instant before = boot_now();
    const Ran ran = kanmon("vpc list");
    EXPECT_EQ(ran.status, 0) << ran.errors;
    EXPECT_GE(boot_now() - before, 800ms);
    EXPECT_THAT(ran.output, HasSubstr("vpc-1"));
    EXPECT_THAT(ran.output, HasSubstr("vpc-2"));
    EXPECT_EQ(asked().size(), 4u);
}

TEST_F(KanmonProgram, AListDoesNotWaitLongerThanAMinute) {
    answer = [](const api::HttpRequest& request) {
        api::HttpResponse response =
            asks_for_page_two(request) ? refusing(429, "Throttling.User") : page(1, 2);
        response.retry_after = std::chrono::milliseconds(60'001);
        return response;
    };
    const Instant before = boot_now();
    const Ran ran = kanmon("vpc list");
    EXPECT_LT(boot_now() - before, 30s);
    EXPECT_EQ(ran.status, 1);
    EXPECT_THAT(ran.output, IsEmpty());
    EXPECT_THAT(ran.errors, HasSubstr("Throttling.User"));
}

TEST_F(KanmonProgram, AListWhoseRowsGoMeanwhileIsShownAsItIs) {
    answer = [](const api::HttpRequest& request) {
        return asks_for_page_two(request) ? answering(200, R"({"TotalCount":1,"Vpcs":{"Vpc":[]}})")
                                          : page(1, 2);
    };
    const Ran ran = kanmon("vpc list");
    EXPECT_EQ(ran.status, 0) << ran.errors;
    EXPECT_THAT(ran.output, HasSubstr("vpc-1"));
}

TEST_F(KanmonProgram, WhatCouldNotBeWrittenToStandardOutputIsAFailure) {
    answer = [](const api::HttpRequest&) {
        return answering(200, R"({"AccessKeyId":"id","AccessKeySecret":"shown once"})");
    };
    for (const char* words : {"--json key create", "key create", "--help", "key create --help"}) {
        const Ran ran = kanmon(words, "/dev/full");
        EXPECT_EQ(ran.status, 1) << words;
        EXPECT_THAT(ran.errors, HasSubstr("standard output: No space left on device")) << words;
    }
    const Ran closed = kanmon("--json key create", "&-");
    EXPECT_EQ(closed.status, 1);
    EXPECT_THAT(closed.errors, HasSubstr("standard output: Bad file descriptor"));
    answer = [](const api::HttpRequest&) {
        return answering(200, R"({"A":")" + std::string(100'000, 'a') + "\"}");
    };
    const Ran large = kanmon("--json key create", "/dev/full");
    EXPECT_EQ(large.status, 1);
    EXPECT_THAT(large.errors, HasSubstr("not all of it could be written to standard output"));
    EXPECT_EQ(kanmon("--json key create", "/dev/null").status, 0);
}

TEST_F(KanmonProgram, ALinkHasOneSlashBetweenTheEndpointAndItsPath) {
    answer = [](const api::HttpRequest&) {
        return answering(200, R"({"LinkId":"lnk-1","Path":"/bundle/lnk-1.aa"})");
    };
    for (const char* end : {"", "/"}) {
        const Ran ran = kanmon("--endpoint " + endpoint() + end + " cert link vsc-1 --format zip");
        EXPECT_EQ(ran.status, 0) << ran.errors;
        EXPECT_THAT(ran.output, HasSubstr(endpoint() + "/bundle/lnk-1.aa\n"));
    }
}

TEST_F(KanmonProgram, LogsOfSomeMinutesAreTheLastOnesWhereACountIsGiven) {
    answer = [](const api::HttpRequest& request) {
        const bool on = request.body.find("Cursor") != std::string::npos;
        return answering(200, on ? R"({"Cursor":9,"Records":{"Record":[]}})"
                                 : R"({"Cursor":9,"Records":{"Record":[{"Line":"a line"}]}})");
    };
    EXPECT_EQ(kanmon("logs vss-1 --minutes 5 --last 7").output, "a line\n");
    ASSERT_EQ(asked().size(), 1u);
    for (const char* parameter : {"MinutePeriod=5", "MaxResults=7", "Newest=true"})
        EXPECT_THAT(asked()[0], HasSubstr(parameter));
    EXPECT_EQ(kanmon("logs vss-1 --minutes 5").output, "a line\n");
    ASSERT_EQ(asked().size(), 3u);
    EXPECT_THAT(asked()[1], Not(HasSubstr("Newest")));
}

TEST_F(KanmonProgram, AnIdThatIsNotThereIsAFailureWithAndWithoutJson) {
    const std::string none = R"({"TotalCount":0,"SslVpnServers":{"SslVpnServer":[]}})";
    answer = [&](const api::HttpRequest&) { return answering(200, none); };
    const Ran shown = kanmon("server show vss-1");
    const Ran json = kanmon("--json server show vss-1");
    EXPECT_EQ(shown.status, 1);
    EXPECT_EQ(json.status, 1);
    EXPECT_THAT(shown.output, IsEmpty());
    EXPECT_EQ(json.output, none + "\n");
    for (const Ran& ran : {shown, json})
        EXPECT_THAT(ran.errors, HasSubstr("there is none with this id"));
}

TEST_F(KanmonProgram, AFlagThatIsFalseReplacesNoStore) {
    const std::string control = folder.path() + "/control";
    std::filesystem::create_directory(control);
    std::ofstream(control + "/kanmon.db") << "a store";
    std::ofstream(folder.path() + "/passphrase") << "a passphrase";
    const std::string restore = "restore " + folder.path() + "/nowhere --state " + folder.path() +
                                " --passphrase-file " + folder.path() + "/passphrase";
    for (const char* kept : {"", " --replace=false"}) {
        const Ran ran = kanmon(restore + kept);
        EXPECT_EQ(ran.status, 1);
        EXPECT_THAT(ran.errors, HasSubstr("kanmon.db is there already")) << kept;
    }
    for (const char* replaced : {" --replace", " --replace=true"})
        EXPECT_THAT(kanmon(restore + replaced).errors, HasSubstr("cannot read")) << replaced;
    const Ran neither = kanmon(restore + " --replace=no");
    EXPECT_EQ(neither.status, 2);
    EXPECT_THAT(neither.errors, HasSubstr("--replace"));
    EXPECT_THAT(neither.errors, HasSubstr("'no' is neither"));
}

/// The options that the parser explains, of this command alone.
std::set<std::string> long_options(const std::string& help) {
    static const std::regex option("(?:^|\n) +(?:-[a-z],)?(--[a-z][a-z0-9-]*)");
    std::set<std::string> found;
    for (std::sregex_iterator next(help.begin(), help.end(), option), end; next != end; ++next)
        found.insert((*next)[1]);
    found.erase("--help");
    return found;
}

TEST_F(KanmonProgram, EveryOptionThatItTakesIsInItsPagesAndNoOther) {
    for (const Command& command : commands()) {
        std::set<std::string> words;
        for (const Word& word : words_of(command))
            if (word.named()) words.insert(word.text);
        EXPECT_EQ(long_options(kanmon(name_of(command) + " --help").output), words)
            << name_of(command);
    }
    std::set<std::string> global;
    for (const Word& word : global_words()) global.insert(word.text);
    global.erase("--help");
    EXPECT_EQ(long_options(kanmon("--help").output), global);
}

}  // namespace
}  // namespace kanmon::apps
