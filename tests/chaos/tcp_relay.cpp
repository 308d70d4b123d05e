#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstring>
#include <deque>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "chaos/relay.h"
#include "chaos/socket_address.h"

namespace kanmon::chaos {

namespace {

constexpr std::size_t chunk_octets_max = 4096;

/// One direction of one connection: chunks stay in order whatever their delay.
struct Stream {
    Stream(const Impairment& path, std::uint64_t seed) : impairment(path), random(seed) {}

    Impairment impairment;
    std::mt19937_64 random;
    std::deque<std::pair<Instant, Buffer>> chunks;
    Instant last{};

    bool happens(double odds) {
        return std::uniform_real_distribution<double>(0, 1)(random) < odds;
    }

    /// False: the connection is cut.
    bool put(Bytes octets, Instant now) {
        if (happens(impairment.loss)) return false;
        Buffer chunk = copy_of(octets);
        if (!chunk.empty() && happens(impairment.corrupt))
            chunk[random() % chunk.size()] ^= std::byte{0x40};
        Instant due = now + impairment.delay;
        if (impairment.jitter > Duration::zero())
            due += Duration(static_cast<std::int64_t>(
                random() % static_cast<std::uint64_t>(impairment.jitter.count())));
        last = std::max(last, due);
        chunks.emplace_back(last, std::move(chunk));
        return true;
    }

    /// False: the receiver is gone.
    bool deliver(int fd, Instant now) {
        while (!chunks.empty() && chunks.front().first <= now) {
            Buffer& chunk = chunks.front().second;
            const ssize_t sent = send(fd, chunk.data(), chunk.size(), MSG_NOSIGNAL);
            if (sent < 0) return errno == EAGAIN;
            if (static_cast<std::size_t>(sent) < chunk.size()) {
                chunk.erase(chunk.begin(), chunk.begin() + sent);
                return true;
            }
            chunks.pop_front();
        }
        return true;
    }
};

struct Connection {
    UniqueFd client, server;
    Stream up, down;
    bool open = true;
};

bool pump(int from, Stream& into, Instant now) {
    std::array<std::byte, chunk_octets_max> chunk{};
    const ssize_t got = recv(from, chunk.data(), chunk.size(), 0);
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    return into.put(Bytes(chunk).first(static_cast<std::size_t>(got)), now);
}

void turn(Connection& connection, Instant now) {
    connection.open = pump(connection.client.get(), connection.up, now) &&
                      pump(connection.server.get(), connection.down, now) &&
                      connection.up.deliver(connection.server.get(), now) &&
                      connection.down.deliver(connection.client.get(), now);
}

UniqueFd connect_to(const Endpoint& server) {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = kernel_address(server);
    if (connect(fd.get(), generic(&address), sizeof address) != 0) fd.reset();
    return fd;
}

void accept_all(int listener, const Endpoint& server, const RelayOptions& options,
                std::vector<Connection>& connections, std::uint64_t& count) {
    for (;;) {
        UniqueFd client(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!client) return;
        UniqueFd upstream = connect_to(server);
        if (!upstream) continue;
        const std::uint64_t seed = options.seed + ++count * 2;
        connections.push_back({std::move(client), std::move(upstream), Stream(options.up, seed),
                               Stream(options.down, seed + 1), true});
    }
}

}  // namespace

std::string relay_tcp(Endpoint listen, Endpoint server, const RelayOptions& options) {
    UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int yes = 1;
    setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const sockaddr_in address = kernel_address(listen);
    if (bind(listener.get(), generic(&address), sizeof address) != 0 ||
        ::listen(listener.get(), 256) != 0)
        return "cannot listen on " + to_string(listen) + ": " + std::strerror(errno);
    std::vector<Connection> connections;
    std::uint64_t count = 0;
    while (!stop_asked) {
        std::vector<pollfd> waiting{{listener.get(), POLLIN, 0}};
        for (const Connection& connection : connections) {
            waiting.push_back({connection.client.get(), POLLIN, 0});
            waiting.push_back({connection.server.get(), POLLIN, 0});
        }
        poll(waiting.data(), waiting.size(), 2);  // 2 ms bounds how late a delayed chunk may be
        accept_all(listener.get(), server, options, connections, count);
        const Instant now = boot_now();
        if (rebind_asked) {
            rebind_asked = false;
            connections.clear();
        }
        for (Connection& connection : connections) turn(connection, now);
        std::erase_if(connections, [](const Connection& c) { return !c.open; });
    }
    return "";
}

}  // namespace kanmon::chaos
