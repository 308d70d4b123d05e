#include <poll.h>
#include <sys/socket.h>

#include <cstring>
#include <map>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "chaos/relay.h"
#include "chaos/socket_address.h"

namespace kanmon::chaos {

namespace {

constexpr std::size_t datagram_octets_max = 65536;

class UdpRelay {
public:
    UdpRelay(Endpoint server, const RelayOptions& options)
        : server_(kernel_address(server)),
          options_(options),
          up_(options.up, options.seed),
          down_(options.down, options.seed ^ 0x9e3779b97f4a7c15U) {}

    std::string open(Endpoint listen) {
        listener_ = UniqueFd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        const int room = 4 << 20;
        setsockopt(listener_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
        const sockaddr_in address = kernel_address(listen);
        if (bind(listener_.get(), generic(&address), sizeof address) != 0)
            return "cannot listen on " + to_string(listen) + ": " + std::strerror(errno);
        return "";
    }

    void run() {
        Instant next_rebind = boot_now() + options_.rebind_every;
        while (!stop_asked) {
            wait();
            const Instant now = boot_now();
            from_clients(now);
            for (auto& [tag, client] : clients_) from_server(tag, client, now);
            deliver(now);
            const bool timed = options_.rebind_every > Duration::zero() && now >= next_rebind;
            if (timed || rebind_asked) {
                rebind_asked = false;
                next_rebind = now + options_.rebind_every;
                for (auto& [tag, client] : clients_) client.toward_server = open_upstream();
            }
        }
    }

private:
    struct Client {
        Endpoint remote;
        UniqueFd toward_server;
    };

    UniqueFd open_upstream() const {
        UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (connect(fd.get(), generic(&server_), sizeof server_) != 0) fd.reset();
        return fd;
    }

    void wait() {
        std::vector<pollfd> waiting{{listener_.get(), POLLIN, 0}};
        for (const auto& [tag, client] : clients_)
            waiting.push_back({client.toward_server.get(), POLLIN, 0});
        Duration most = 100ms;
        for (const ImpairedPath* path : {&up_, &down_})
            if (const auto due = path->next_due()) most = std::min(most, *due - boot_now());
        const auto whole = std::max<std::int64_t>(0, most.count());
        const timespec timeout{whole / 1'000'000'000, whole % 1'000'000'000};
        ppoll(waiting.data(), waiting.size(), &timeout, nullptr);
    }

    void from_clients(Instant now) {
        for (;;) {
            sockaddr_in from{};
            socklen_t length = sizeof from;
            const ssize_t got = recvfrom(listener_.get(), buffer_.data(), buffer_.size(), 0,
                                         generic(&from), &length);
            if (got < 0) return;
            const Endpoint remote = endpoint_of(from);
            const auto [known, fresh] = tags_.try_emplace(remote, tags_.size() + 1);
            if (fresh) clients_[known->second] = Client{remote, open_upstream()};
            up_.put(Bytes(buffer_).first(static_cast<std::size_t>(got)), known->second, now);
        }
    }

    void from_server(std::uint64_t tag, Client& client, Instant now) {
        for (;;) {
            const ssize_t got = recv(client.toward_server.get(), buffer_.data(), buffer_.size(), 0);
            if (got < 0) return;
            down_.put(Bytes(buffer_).first(static_cast<std::size_t>(got)), tag, now);
        }
    }

    void deliver(Instant now) {
        while (const auto parcel = up_.take(now))
            (void)send(clients_[parcel->tag].toward_server.get(), parcel->octets.data(),
                       parcel->octets.size(), MSG_NOSIGNAL);
        while (const auto parcel = down_.take(now)) {
            const sockaddr_in to = kernel_address(clients_[parcel->tag].remote);
            (void)sendto(listener_.get(), parcel->octets.data(), parcel->octets.size(),
                         MSG_NOSIGNAL, generic(&to), sizeof to);
        }
    }

    sockaddr_in server_;
    RelayOptions options_;
    ImpairedPath up_, down_;
    UniqueFd listener_;
    std::map<Endpoint, std::uint64_t> tags_;
    std::map<std::uint64_t, Client> clients_;
    Buffer buffer_ = Buffer(datagram_octets_max);
};

}  // namespace

std::string relay_udp(Endpoint listen, Endpoint server, const RelayOptions& options) {
    UdpRelay relay(server, options);
    std::string problem = relay.open(listen);
    if (problem.empty()) relay.run();
    return problem;
}

}  // namespace kanmon::chaos
