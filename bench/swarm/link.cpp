#include "swarm/link.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "dataplane/io/socket_address.h"
#include "dataplane/wire/stream_framing.h"

namespace kanmon::swarm {

namespace {

constexpr std::size_t read_octets = std::size_t{64} << 10;
constexpr unsigned reads_at_once = 4;
constexpr std::uint16_t largest_tunnel = 9000;  // whatever MTU the server gives its tunnels

std::string last_error(const char* call) {
    return std::string(call) + ": " + std::strerror(errno);
}

int pending_error(int fd) {
    int error = 0;
    socklen_t octets = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &octets);
    return error;
}

class UdpLink final : public Link {
public:
    UdpLink(UniqueFd fd, const Endpoint& server, LinkRooms& rooms)
        : socket_(std::move(fd)), server_(server), rooms_(rooms) {}

    int fd() const override { return socket_.fd(); }
    std::uint32_t events() const override { return EPOLLIN; }

    void ready(std::uint32_t events, PacketTaker& taker) override {
        // Only the first answer decides: later a router's message must not end a connection.
        if ((events & EPOLLERR) != 0 && !heard_)
            if (const int error = pending_error(fd())) failure_ = std::strerror(error);
        for (unsigned left = reads_at_once; left > 0; --left) {
            for (const io::ReceivedRun& run : rooms_.received.receive(socket_)) {
                heard_ = true;
                for (std::size_t at = 0; at < run.octets.size(); at += run.segment_octets)
                    taker.take(run.octets.subspan(
                        at, std::min(run.segment_octets, run.octets.size() - at)));
            }
            if (!rooms_.received.filled()) return;
        }
    }

    bool has_room(std::size_t) const override { return true; }
    MutableBytes room(std::size_t octets) override { return rooms_.sending.room(octets); }

    void send(Bytes packet) override {
        rooms_.sending.add(socket_, server_, {}, packet);
        if (++in_burst_ >= rooms_.burst) flush();
    }

    void flush() override {
        in_burst_ = 0;
        rooms_.sending.flush();
    }

private:
    io::UdpSocket socket_;
    const Endpoint server_;
    LinkRooms& rooms_;
    std::size_t in_burst_ = 0;
    bool heard_ = false;
};

class StreamLink final : public Link {
public:
    StreamLink(UniqueFd fd, LinkRooms& rooms) : fd_(std::move(fd)), rooms_(rooms) {}
    ~StreamLink() override { output_.clear(rooms_.chunks); }

    int fd() const override { return fd_.get(); }
    std::uint32_t events() const override {
        return !connected_ || !output_.empty() ? EPOLLIN | EPOLLOUT : EPOLLIN;
    }

    void ready(std::uint32_t events, PacketTaker& taker) override {
        if (!connected_ && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
            if (const int error = pending_error(fd()))
                failure_ = std::string("connect: ") + std::strerror(error);
            connected_ = true;
        }
        if (failure_) return;
        if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive(taker);
        flush();
    }

    bool has_room(std::size_t octets) const override {
        return output_.has_room(rooms_.chunks, octets);
    }
    MutableBytes room(std::size_t) override {
        return {rooms_.packet.get(), LinkRooms::stream_octets};
    }

    void send(Bytes packet) override {
        if (!output_.push(rooms_.chunks, packet) && !failure_)
            failure_ = "the server takes nothing, and the queue is full";
    }

    void flush() override {
        while (connected_ && !failure_ && !output_.empty()) {
            const Bytes front = output_.front();
            const auto sent = ::send(fd(), front.data(), front.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            if (sent < 0 && errno != EAGAIN) failure_ = last_error("send");
            if (sent < 0) return;
            output_.sent(rooms_.chunks, static_cast<std::size_t>(sent));
        }
    }

private:
    void receive(PacketTaker& taker) {
        for (unsigned left = reads_at_once; left > 0 && !failure_; --left) {
            std::byte* const begin = rooms_.stream.get();
            std::ranges::copy(tail_, begin);
            const auto octets = ::recv(fd(), begin + tail_.size(), read_octets, MSG_DONTWAIT);
            if (octets == 0) failure_ = "the server closed the connection";
            if (octets < 0 && errno != EAGAIN && errno != EINTR) failure_ = last_error("recv");
            if (octets <= 0) return;
            cut({begin, tail_.size() + static_cast<std::size_t>(octets)}, taker);
            if (static_cast<std::size_t>(octets) < read_octets) return;
        }
    }

    void cut(MutableBytes received, PacketTaker& taker) {
        wire::FrameCutter cutter(received, wire::frame_octets_after_entry(largest_tunnel));
        while (const auto packet = cutter.next()) taker.take(*packet);
        if (cutter.broken()) failure_ = "the server sent a frame of a length that may not be";
        tail_.assign(cutter.rest().begin(), cutter.rest().end());
    }

    UniqueFd fd_;
    LinkRooms& rooms_;
    io::OutputQueue output_;
    Buffer tail_;
    bool connected_ = false;
};

bool bind_to(int fd, const Ipv6& source, int family) {
    sockaddr_storage room{};
    const socklen_t octets = io::write_address({.address = source, .port = 0}, family, room);
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&room), octets) == 0;
}

}  // namespace

Expected<std::unique_ptr<Link>, std::string> open_link(const LinkAddresses& addresses,
                                                       LinkRooms& rooms) {
    const int family = addresses.server.is_v4() ? AF_INET : AF_INET6;
    const int kind = addresses.tcp ? SOCK_STREAM : SOCK_DGRAM;
    UniqueFd fd(::socket(family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return unexpected(last_error("a socket"));
    const int yes = 1;
    if (addresses.tcp) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (addresses.source && !bind_to(fd.get(), *addresses.source, family))
        return unexpected(last_error("bind to ") + " (" + to_string(*addresses.source) + ")");
    sockaddr_storage room{};
    const socklen_t octets = io::write_address(addresses.server, family, room);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&room), octets) != 0 &&
        errno != EINPROGRESS)
        return unexpected(last_error("connect") + " (" + to_string(addresses.server) + ")");
    if (addresses.tcp) return std::make_unique<StreamLink>(std::move(fd), rooms);
    return std::make_unique<UdpLink>(std::move(fd), addresses.server, rooms);
}

}  // namespace kanmon::swarm
