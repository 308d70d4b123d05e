// The HTTP adapter over loopback: limits, spellings of bodies, garbage, descriptors, TLS.
#include "controlplane/api/http_server.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/listen_address.h"
#include "contract/control_world.h"
#include "controlplane/api/listening_socket.h"
#include "controlplane/api/service.h"

namespace kanmon::api {
namespace {

HttpResponse echo(const HttpRequest& request) {
    if (request.too_large) return {413, R"({"Code":"RequestTooLarge"})"};
    if (request.ambiguous) return {400, "ambiguous"};
    return {200, request.method + "|" + request.path + "|" + request.query + "|" +
                     std::string(request.header("x-extra").value_or("-")) + "|" +
                     std::to_string(request.body.size()) + "|" + request.body.substr(0, 16)};
}

std::unique_ptr<HttpServer> start(HttpLimits limits = {}) {
    auto server = HttpServer::start(
        {.listen = Endpoint::v4(Ipv4{0x7f000001}, 0), .certificate = {}, .limits = limits}, echo);
    EXPECT_TRUE(server) << server.error();
    return std::move(*server);
}

UniqueFd connect_to(std::uint16_t port, const char* from = "127.0.0.1") {
    UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{5, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    EXPECT_EQ(::inet_pton(AF_INET, from, &address.sin_addr), 1);
    EXPECT_EQ(::bind(socket.get(), static_cast<sockaddr*>(static_cast<void*>(&address)),
                     sizeof address),
              0);
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(0x7f000001);
    EXPECT_EQ(::connect(socket.get(), static_cast<sockaddr*>(static_cast<void*>(&address)),
                        sizeof address),
              0);
    return socket;
}

void send_all(const UniqueFd& socket, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // the server may refuse before it has read all
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

/// Everything until the server closes, or until `needle` has come.
std::string receive(const UniqueFd& socket, std::string_view needle = {}) {
    std::string text;
    std::array<char, 4096> room{};
    while (needle.empty() || text.find(needle) == std::string::npos) {
        const ssize_t got = ::recv(socket.get(), room.data(), room.size(), 0);
        if (got <= 0) break;
        text.append(room.data(), static_cast<std::size_t>(got));
    }
    return text;
}

std::string ask(const HttpServer& server, const std::string& text) {
    const UniqueFd socket = connect_to(server.port());
    send_all(socket, text);
    return receive(socket);
}

std::string request(const std::string& first_line, const std::string& more = {},
                    const std::string& body = {}) {
    return first_line + "\r\nHost: h\r\nConnection: close\r\n" + more + "\r\n" + body;
}

TEST(HttpServer, PassesTargetHeadersAndBodyUnchanged) {
    const auto server = start();

    const std::string answer =
        ask(*server, request("POST /a%2Fb?x=%20+(1)*&y HTTP/1.1",
                             "X-Extra: one two\r\nContent-Length: 3\r\n", "a=b"));

    EXPECT_NE(answer.find("HTTP/1.1 200"), std::string::npos);
    EXPECT_NE(answer.find("Content-Type: application/json;charset=utf-8"), std::string::npos);
    EXPECT_NE(answer.find("POST|/a%2Fb|x=%20+(1)*&y|one two|3|a=b"), std::string::npos) << answer;
}

TEST(HttpServer, ReadsChunkedBodies) {
    const auto server = start();

    const std::string answer =
        ask(*server, request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n",
                             "3\r\na=b\r\n4;x=y\r\n&c=d\r\n0\r\n\r\n"));

    EXPECT_NE(answer.find("|7|a=b&c=d"), std::string::npos) << answer;
}

TEST(HttpServer, ABodyWhoseEndIsAGuessIsToldSoAndTheConnectionEnds) {
    const auto server = start();

    for (const char* lengths : {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
                                "Content-Length: 3\r\nContent-Length: 4\r\n", "Host: other\r\n"}) {
        const UniqueFd socket = connect_to(server->port());
        send_all(socket, std::string("POST / HTTP/1.1\r\nHost: h\r\n") + lengths + "\r\n");
        EXPECT_NE(receive(socket).find("ambiguous"), std::string::npos) << lengths;
    }
}

TEST(HttpServer, AFloodIsRefusedBeforeItIsSent) {
    const auto server = start();

    const UniqueFd socket = connect_to(server->port());
    send_all(socket, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n");

    EXPECT_NE(receive(socket).find("HTTP/1.1 413"), std::string::npos);
}

TEST(HttpServer, KeepsAConnectionForSeveralRequests) {
    const auto server = start();
    const UniqueFd socket = connect_to(server->port());

    for (int i = 0; i < 3; ++i) {
        send_all(socket, "GET /?n=" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n");
        const std::string wanted = "GET|/|n=" + std::to_string(i);
        EXPECT_NE(receive(socket, wanted).find(wanted), std::string::npos);
    }
}

TEST(HttpServer, AnswersWhatIsTooLargeInsteadOfReadingIt) {
    const auto server = start();
    const std::string large(300 * 1024, 'a');
    const std::string long_query(40 * 1024, 'q');

    const std::string body =
        ask(*server, request("POST / HTTP/1.1",
                             "Content-Length: " + std::to_string(large.size()) + "\r\n", large));
    const std::string chunked =
        ask(*server, request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n",
                             "4B000\r\n" + large + "\r\n0\r\n\r\n"));
    const std::string target = ask(*server, request("GET /?" + long_query + " HTTP/1.1"));
    const std::string header =
        ask(*server, request("GET / HTTP/1.1", "X-Extra: " + long_query + "\r\n"));

    for (const std::string& answer : {body, chunked, target, header}) {
        EXPECT_NE(answer.find("HTTP/1.1 413"), std::string::npos) << answer.substr(0, 200);
        EXPECT_NE(answer.find(R"({"Code":"RequestTooLarge"})"), std::string::npos);
    }
}

TEST(HttpServer, GarbageEndsItsConnectionAndNothingElse) {
    const auto server = start({.idle_seconds = 1});
    std::string octets(4096, '\0');
    SeededRandom random(11);
    for (int i = 0; i < 50; ++i) {
        random.fill(std::as_writable_bytes(std::span(octets)));
        const UniqueFd socket = connect_to(server->port());
        send_all(socket, octets + "\r\n\r\n");
        ::shutdown(socket.get(), SHUT_WR);
        receive(socket);
    }
    for (const char* text : {"\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01",
                             "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                             "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
        const UniqueFd socket = connect_to(server->port());
        send_all(socket, text);
        ::shutdown(socket.get(), SHUT_WR);
        receive(socket);
    }

    EXPECT_NE(ask(*server, request("GET / HTTP/1.1")).find("200"), std::string::npos);
}

TEST(HttpServer, AnIdleConnectionIsClosed) {
    const auto server = start({.idle_seconds = 1});
    const UniqueFd socket = connect_to(server->port());
    send_all(socket, "GET / HTTP/1.1\r\nHost:");

    const Instant before = boot_now();
    receive(socket);

    EXPECT_LT(boot_now() - before, 4s);
}

TEST(HttpServer, ARequestThatTricklesEndsAtItsDeadlineAndOthersAreAnsweredMeanwhile) {
    const auto server = start({.connections = 64, .each = {.request = 1s}});
    std::vector<UniqueFd> slow;
    for (int i = 0; i < 40; ++i) slow.push_back(connect_to(server->port()));
    for (const UniqueFd& socket : slow) send_all(socket, "GET / HTTP/1.1\r\nX-Extra: ");

    Duration longest{};
    for (int i = 0; i < 20; ++i) {  // two seconds, and never silent for long
        for (const UniqueFd& socket : slow) send_all(socket, "a");
        const Instant asked = boot_now();
        EXPECT_NE(ask(*server, request("GET /own HTTP/1.1")).find("200"), std::string::npos);
        longest = std::max(longest, boot_now() - asked);
        std::this_thread::sleep_for(100ms);
    }

    EXPECT_LT(longest, 500ms);
    for (const UniqueFd& socket : slow) EXPECT_EQ(receive(socket), "");
}

TEST(HttpServer, AnAnswerThatNobodyTakesEndsAtItsDeadline) {
    const auto server =
        HttpServer::start({.listen = Endpoint::v4(Ipv4{0x7f000001}, 0),
                           .certificate = {},
                           .limits = {.each = {.answer = 1s}}},
                          [](const HttpRequest&) {
                              return HttpResponse{200, std::string(32U << 20U, 'a')};
                          });
    ASSERT_TRUE(server);
    const UniqueFd socket = connect_to((*server)->port());
    send_all(socket, request("GET / HTTP/1.1"));

    std::size_t octets = 0;
    std::array<char, 1024> room{};
    for (int i = 0; i < 30; ++i) {  // a little at a time: the connection is never idle
        const ssize_t got = ::recv(socket.get(), room.data(), room.size(), 0);
        if (got <= 0) break;
        octets += static_cast<std::size_t>(got);
        std::this_thread::sleep_for(100ms);
    }
    octets += receive(socket).size();

    EXPECT_LT(octets, 32U << 20U);
}

/// A connection that is served and goes on; tried again while those before are not counted out.
UniqueFd served_connection(const HttpServer& server) {
    for (int i = 0; i < 100; ++i) {
        UniqueFd socket = connect_to(server.port());
        send_all(socket, "GET /held HTTP/1.1\r\nHost: h\r\n\r\n");
        if (receive(socket, "GET|/held").find("200") != std::string::npos) return socket;
        std::this_thread::sleep_for(20ms);
    }
    ADD_FAILURE() << "no connection is served";
    return {};
}

TEST(HttpServer, ANetworkHasItsShareOfTheConnectionsAndNoMore) {
    const auto server = start({.each = {.per_network = 3}});
    for (int round = 0; round < 3; ++round) {
        std::vector<UniqueFd> held;
        for (int i = 0; i < 3; ++i) held.push_back(served_connection(*server));
        EXPECT_EQ(ask(*server, request("GET / HTTP/1.1")), "");
        held.pop_back();
        served_connection(*server);
    }
}

TEST(ConnectionBook, CountsByNetworkAndNamesWhoIsOverdueOnce) {
    ConnectionBook book({.per_network = 2, .request = 30s, .answer = 60s});
    const Instant start = instant_of(0);
    const auto overdue = [&](Instant now) {
        std::vector<int> named;
        book.each_overdue(now, [&](int descriptor) { named.push_back(descriptor); });
        return named;
    };
    const auto first = book.enter("192.0.2.1", 4, start);
    EXPECT_TRUE(book.admits("192.0.2.1"));
    const auto second = book.enter("192.0.2.1", 5, start);
    EXPECT_FALSE(book.admits("192.0.2.1"));
    EXPECT_TRUE(book.admits("192.0.2.2"));

    EXPECT_EQ(overdue(start + 29s), std::vector<int>{});
    book.work(first);
    EXPECT_EQ(overdue(start + 30s), std::vector<int>{5});
    book.await_taking(first, start + 100s);
    book.await_request(second, start + 100s);
    EXPECT_EQ(overdue(start + 130s), std::vector<int>{5});
    book.leave(second);
    EXPECT_TRUE(book.admits("192.0.2.1"));
    EXPECT_EQ(overdue(start + 159s), std::vector<int>{});
    EXPECT_EQ(overdue(start + 160s), std::vector<int>{4});
    book.leave(first);
    EXPECT_EQ(overdue(Instant::max()), std::vector<int>{});
}

// Clickjacking and its kin: every answer, whatever it is, says the same to browsers.
TEST(HttpServer, EveryAnswerForbidsFramesSniffingCachesAndReferrers) {
    const auto server = start();
    for (const char* first_line :
         {"GET / HTTP/1.1", "POST /api/v1/x HTTP/1.1", "PUT /%00 HTTP/1.1"})
        for (const char* more : {"", "X-Extra: a\r\n", "Host: another\r\n"}) {
            const std::string answer = ask(*server, request(first_line, more));
            for (const char* wanted :
                 {"Content-Security-Policy: default-src 'none'; form-action 'self'; "
                  "frame-ancestors 'none'\r\n",
                  "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: no-referrer\r\n",
                  "Cache-Control: no-store\r\n"})
                EXPECT_NE(answer.find(wanted), std::string::npos) << first_line << more << answer;
            EXPECT_EQ(answer.find("Set-Cookie"), std::string::npos);
            EXPECT_EQ(answer.find("Access-Control"), std::string::npos);
        }
}

TEST(HttpServer, NothingThatBecomesPartOfAHeaderSplitsIt) {
    const auto server = HttpServer::start(
        {.listen = Endpoint::v4(Ipv4{0x7f000001}, 0), .certificate = {}, .limits = {}},
        [](const HttpRequest&) {
            HttpResponse response{200, "body"};
            response.file_name = "a\r\nSet-Cookie: session=1\r\n\r\n<script>";
            return response;
        });
    ASSERT_TRUE(server);

    const std::string answer = ask(**server, request("GET / HTTP/1.1"));

    EXPECT_EQ(answer.find("Set-Cookie"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nbody")) << answer;
}

TEST(HttpServer, EveryDescriptorIsCloseOnExec) {
    const auto server = start();
    const UniqueFd socket = connect_to(server->port());
    send_all(socket, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    receive(socket, "GET|/");

    int seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
        const int number = std::stoi(entry.path().filename().string());
        if (number <= 2) continue;
        std::ifstream file(entry.path());
        std::string word;
        std::string flags;
        while (file >> word)
            if (word == "flags:") file >> flags;
        if (flags.empty()) continue;  // gone meanwhile
        std::error_code error;
        const auto what =
            std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(number), error);
        if (what.string().find("socket:") == std::string::npos &&
            what.string().find("anon_inode:") == std::string::npos)
            continue;  // what the test runner's parent left open is not ours
        ++seen;
        EXPECT_TRUE(std::stol(flags, nullptr, 8) & 02000000) << what;
    }
    EXPECT_GE(seen, 4);
}

/// Both ends of a connection that a listener of the test accepted, over the loopback.
struct Accepted {
    UniqueFd client, server;
};

Accepted accepted_by_others(std::string_view first_words, const char* from = "127.0.0.1") {
    const auto listener = open_listening_socket(Endpoint::v4(Ipv4{0x7f000001}, 0));
    EXPECT_TRUE(listener);
    Accepted ends{connect_to(port_of(*listener), from), {}};
    send_all(ends.client, first_words);
    for (int i = 0; i < 500 && !ends.server; ++i) {
        ends.server = UniqueFd(::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!ends.server) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    char octet = 0;  // the words have arrived
    EXPECT_EQ(::recv(ends.server.get(), &octet, 1, MSG_PEEK), 1);
    return ends;
}

TEST(HttpServer, AnswersOnAConnectionThatSomebodyElseAccepted) {
    const auto server = start({.adopted = 4});
    for (int i = 0; i < 10; ++i) {
        Accepted ends = accepted_by_others(request("GET /shared HTTP/1.1"));
        server->adopt(std::move(ends.server));
        EXPECT_NE(receive(ends.client).find("GET|/shared|"), std::string::npos);
    }
}

TEST(HttpServer, ClosesAdoptedConnectionsBeyondTheirLimitAndTakesOthersLater) {
    const auto server = start({.idle_seconds = 60, .adopted = 2});
    for (int round = 0; round < 5; ++round) {
        std::vector<Accepted> crowd;
        for (int i = 0; i < 3; ++i) {
            crowd.push_back(accepted_by_others("G"));
            server->adopt(std::move(crowd.back().server));
        }
        EXPECT_EQ(receive(crowd[2].client), "");  // closed at once
        for (int i : {0, 1}) {
            send_all(crowd[static_cast<std::size_t>(i)].client, request("ET / HTTP/1.1"));
            EXPECT_NE(receive(crowd[static_cast<std::size_t>(i)].client).find("GET|/|"),
                      std::string::npos);
        }
        EXPECT_NE(ask(*server, request("GET /own HTTP/1.1")).find("GET|/own|"), std::string::npos);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));  // until they are counted out
    }
}

TEST(HttpServer, ANetworkTakesNoMoreThanItsShareOfTheAdoptedPlaces) {
    const auto server = start({.idle_seconds = 60, .adopted = 3, .adopted_per_network = 2});
    std::vector<Accepted> crowd;
    for (int i = 0; i < 3; ++i) {
        crowd.push_back(accepted_by_others("G"));
        server->adopt(std::move(crowd.back().server));
    }
    EXPECT_EQ(receive(crowd[2].client), "");  // closed at once
    Accepted neighbour = accepted_by_others(request("GET /neighbour HTTP/1.1"), "127.0.0.2");
    server->adopt(std::move(neighbour.server));
    EXPECT_NE(receive(neighbour.client).find("GET|/neighbour|"), std::string::npos);
}

TEST(HttpServer, ToAListenerForBothFamiliesEveryIpv4AddressIsANetworkOfItsOwn) {
    std::mutex mutex;
    std::set<std::string> networks;
    const auto server = HttpServer::start({.listen = Endpoint{},
                                           .certificate = {},
                                           .limits = {.each = {.per_network = 1}}},
                                          [&](const HttpRequest& asked) {
                                              const std::lock_guard lock(mutex);
                                              networks.insert(asked.network);
                                              return HttpResponse{200, "seen"};
                                          });
    ASSERT_TRUE(server) << server.error();
    for (const char* address : {"127.0.0.1", "127.0.0.2"}) {
        UniqueFd socket = connect_to((*server)->port(), address);
        send_all(socket, request("GET / HTTP/1.1"));
        EXPECT_NE(receive(socket, "seen").find("seen"), std::string::npos) << address;
    }
    EXPECT_EQ(networks, (std::set<std::string>{"127.0.0.1", "127.0.0.2"}));
}

TEST(HttpServer, AdoptsNothingUnlessItWasTold) {
    const auto server = start();
    Accepted ends = accepted_by_others(request("GET / HTTP/1.1"));
    server->adopt(std::move(ends.server));
    EXPECT_EQ(receive(ends.client), "");
}

TEST(HttpServer, ATakenPortIsAClearError) {
    const auto server = start();

    const auto second = HttpServer::start(
        {.listen = Endpoint::v4(Ipv4{0x7f000001}, server->port()), .certificate = {}, .limits = {}},
        echo);

    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find(std::to_string(server->port())), std::string::npos);
    EXPECT_NE(second.error().find("end the program that holds it"), std::string::npos);
}

TEST(ListenAddress, IsAnAddressAndAPort) {
    EXPECT_TRUE(is_loopback(*parse_listen_address("127.0.0.1:8443")));
    EXPECT_TRUE(is_loopback(*parse_listen_address("[::1]:0")));
    EXPECT_FALSE(is_loopback(*parse_listen_address("0.0.0.0:1")));
    for (const char* bad : {"", "8443", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "host:1",
                            "127.0.0.1:1x", "[::1]", "::1:1"})
        EXPECT_FALSE(parse_listen_address(bad)) << bad;
}

TEST(Service, RefusesPlainHttpBeyondLoopback) {
    usecases::ControlWorld world;

    const auto refused = Service::start({.listen = {},
                                         .plain_listen = "0.0.0.0:0",
                                         .state_folder = {},
                                         .certificate_addresses = {}},
                                        world.plane);

    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().find("loopback only"), std::string::npos);
}

TEST(Service, StartsWithTlsOnItsOwnCertificate) {
    open_log("test", Severity::error);  // before the server's threads start
    usecases::ControlWorld world;
    const auto folder =
        std::filesystem::temp_directory_path() / ("kanmon-tls-" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);

    const auto service = Service::start({.listen = "127.0.0.1:0",
                                         .plain_listen = {},
                                         .state_folder = folder,
                                         .certificate_addresses = {}},
                                        world.plane);

    EXPECT_TRUE(service) << service.error();
    if (service) {
        const UniqueFd socket = connect_to((*service)->port());
        send_all(socket, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_EQ(receive(socket).find("HTTP/1.1 200"), std::string::npos);
    }
    if (service) {
        Accepted plain = accepted_by_others("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        (*service)->adopt(std::move(plain.server));
        EXPECT_NE(receive(plain.client).find("https://"), std::string::npos);
        Accepted noise = accepted_by_others("\x01\x02\x03\x04");
        (*service)->adopt(std::move(noise.server));
        EXPECT_EQ(receive(noise.client), "");
        Accepted broken = accepted_by_others("\x16\x03\x01 no handshake of TLS");
        (*service)->adopt(std::move(broken.server));
        EXPECT_EQ(receive(broken.client).find("HTTP"), std::string::npos);
    }
    std::filesystem::remove_all(folder);
}

TEST(Service, AnswersGarbagePathsOverHttpInJson) {
    usecases::ControlWorld world;
    const auto service = Service::start({.listen = {},
                                         .plain_listen = "127.0.0.1:0",
                                         .state_folder = {},
                                         .certificate_addresses = {}},
                                        world.plane);
    ASSERT_TRUE(service) << service.error();
    for (const char* target :
         {"/favicon.ico", "/../../etc/passwd", "/%2e%2e/%00", "//", "/?a=%zz", "/console", "*"}) {
        const UniqueFd socket = connect_to((*service)->plain_port());
        send_all(socket, request("GET " + std::string(target) + " HTTP/1.1"));
        const std::string answer = receive(socket);
        EXPECT_NE(answer.find("application/json;charset=utf-8"), std::string::npos) << target;
        EXPECT_NE(answer.find("\"RequestId\":\""), std::string::npos) << target;
        EXPECT_NE(answer.find("HTTP/1.1 4"), std::string::npos) << target;
    }
}

}  // namespace
}  // namespace kanmon::api
