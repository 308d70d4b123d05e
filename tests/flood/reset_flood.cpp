// reset_flood: sends hard resets at a set rate from one socket, or from many source ports and
// addresses when they are local. Bounded in count and time; prints what was sent and answered.
//
//     reset_flood --to 10.99.0.1:1194 --rate 20000 --seconds 10
#include <netinet/in.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <thread>

#include "base/address.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/unique_fd.h"

namespace {

using namespace kanmon;

constexpr std::uint64_t resets_max = 100'000'000;

sockaddr_in kernel_address(const std::string& text) {
    const auto colon = text.rfind(':');
    const auto address = parse_ipv4(std::string_view(text).substr(0, colon));
    if (colon == std::string::npos || !address) throw CLI::ValidationError("not A.B.C.D:PORT");
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_addr.s_addr = htonl(address->value);
    result.sin_port = htons(static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1))));
    return result;
}

std::vector<UniqueFd> sockets_to(const sockaddr_in& server, unsigned count) {
    std::vector<UniqueFd> sockets;
    for (unsigned i = 0; i < count; ++i) {
        UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        const void* address = &server;
        if (connect(fd.get(), static_cast<const sockaddr*>(address), sizeof server) == 0)
            sockets.push_back(std::move(fd));
    }
    return sockets;
}

std::uint64_t drain(const std::vector<UniqueFd>& sockets) {
    std::uint64_t answers = 0;
    std::array<std::byte, 2048> room{};
    for (const UniqueFd& fd : sockets)
        while (recv(fd.get(), room.data(), room.size(), 0) > 0) ++answers;
    return answers;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("sends hard resets at a set rate");
    std::string to;
    std::uint64_t rate = 200, count = resets_max;
    double seconds = 10;
    unsigned sources = 1;
    app.add_option("--to", to, "ADDRESS:PORT")->required();
    app.add_option("--rate", rate, "resets a second; 0: as fast as it goes");
    app.add_option("--count", count, "ends after so many");
    app.add_option("--seconds", seconds, "ends after so long, at most 600")
        ->check(CLI::Range(0.0, 600.0));
    app.add_option("--sources", sources, "source ports, at most 500")->check(CLI::Range(1, 500));
    CLI11_PARSE(app, argc, argv);

    const auto sockets = sockets_to(kernel_address(to), sources);
    SystemRandom random;
    std::array<std::byte, 14> reset{std::byte{0x38}};
    std::uint64_t sent = 0, answers = 0;
    const Instant began = boot_now();
    const Instant end = began + Duration(static_cast<std::int64_t>(seconds * 1e9));
    for (Instant now = began; now < end && sent < count; now = boot_now()) {
        const double elapsed = std::chrono::duration<double>(now - began).count();
        const auto due = rate == 0
                             ? sent + 256
                             : static_cast<std::uint64_t>(elapsed * static_cast<double>(rate));
        for (; sent < std::min(due, count); ++sent) {
            random.fill(MutableBytes(reset).subspan(1, 8));
            (void)send(sockets[sent % sockets.size()].get(), reset.data(), reset.size(), 0);
        }
        answers += drain(sockets);
        if (rate != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    answers += drain(sockets);
    std::printf("sent %llu answered %llu\n", static_cast<unsigned long long>(sent),
                static_cast<unsigned long long>(answers));
    return 0;
}
