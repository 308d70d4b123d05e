// The other end of `load`, behind a server: answers as it is asked to, and counts.
#include <fmt/core.h>
#include <sys/epoll.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/listen_address.h"
#include "dataplane/io/event_poll.h"
#include "dataplane/io/receive_batch.h"
#include "dataplane/io/send_batch.h"
#include "dataplane/io/socket_address.h"
#include "swarm/echo_message.h"
#include "swarm/modes.h"
#include "swarm/report.h"

namespace kanmon::swarm {

namespace {

/// Clients of one run that are told apart; the packets of further ones are answered uncounted.
constexpr std::size_t clients_told_apart = 200'000;
constexpr unsigned batches_at_once = 8;
constexpr int wait_milliseconds = 100;

class Echo {
public:
    explicit Echo(io::UdpSocket& socket)
        : socket_(socket),
          room_(std::make_unique<std::byte[]>(io::SendBatch::message_octets_max)) {}

    void serve() {
        for (unsigned left = batches_at_once; left > 0; --left) {
            for (const io::ReceivedRun& run : received_.receive(socket_))
                for (std::size_t at = 0; at < run.octets.size(); at += run.segment_octets)
                    take(run, run.octets.subspan(
                                  at, std::min(run.segment_octets, run.octets.size() - at)));
            if (!received_.filled()) break;
        }
        sending_.flush();
    }

    void report() const {
        print_result(
            {{"mode", "echo"},
             {"received_datagrams", datagrams_},
             {"received_octets", octets_},
             {"clients", clients_.size()},
             {"answers", sending_.counters().datagrams},
             {"answers_dropped", sending_.counters().queue_full + sending_.counters().failed},
             {"not_understood", strange_}});
    }

private:
    void take(const io::ReceivedRun& run, Bytes datagram) {
        auto message = decode_echo_message(datagram);
        if (!message) {
            ++strange_;
            return;
        }
        ++datagrams_;
        octets_ += datagram.size();
        message->received = count(*message);
        if (message->answers == 0) return;
        const std::size_t octets = message->answer_octets;
        const MutableBytes answer(room_.get(), octets);
        encode(*message, answer);
        for (std::uint16_t i = 0; i < message->answers; ++i)
            sending_.add(socket_, run.remote, run.local, answer);
    }

    std::uint64_t count(const EchoMessage& message) {
        const std::pair key{message.run, message.client};
        if (clients_.size() >= clients_told_apart && !clients_.contains(key)) return 0;
        return ++clients_[key];
    }

    io::UdpSocket& socket_;
    io::ReceiveBatch received_;
    io::SendBatch sending_;
    std::unique_ptr<std::byte[]> room_;
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> clients_;
    std::uint64_t datagrams_ = 0, octets_ = 0, strange_ = 0;
};

Expected<UniqueFd, std::string> open_socket(const Endpoint& at) {
    const int family = at.is_v4() ? AF_INET : AF_INET6;
    UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_storage room{};
    const socklen_t octets = io::write_address(at, family, room);
    if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&room), octets) != 0)
        return unexpected("listen on " + to_string(at) + ": " + std::strerror(errno));
    return fd;
}

}  // namespace

int run_echo(const EchoOptions& options) {
    const auto at = parse_listen_address(options.listen);
    if (!at) return say("swarm: --listen " + options.listen + " is no ADDRESS:PORT"), cannot_begin;
    auto fd = open_socket(*at);
    if (!fd) return say("swarm: " + fd.error()), cannot_begin;
    io::UdpSocket socket(std::move(*fd));
    io::EventPoll poll;
    poll.watch(socket.fd(), {io::Source::udp, 0, 0});
    const auto echo = std::make_unique<Echo>(socket);
    say("echo listens on " + to_string(*at));
    while (!stop_asked())
        if (!poll.wait(wait_milliseconds).empty()) echo->serve();
    echo->report();
    return done;
}

}  // namespace kanmon::swarm
