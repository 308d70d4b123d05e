#include "dataplane/io/send_batch.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "dataplane/io/socket_address.h"

namespace kanmon::io {

struct SendBatch::Message {
    Endpoint remote;
    Ipv6 source;
    std::size_t begin = 0;  // in the arena
    std::size_t octets = 0;
    std::size_t segment_octets = 0;
    std::size_t segments = 0;
    bool closed = false;  // a shorter datagram ends the run
};

namespace {

constexpr std::size_t control_octets =
    CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(std::uint16_t));

struct Control {
    alignas(cmsghdr) std::array<std::byte, control_octets> octets;
};

/// Appends control messages to a header whose room is large enough for all of ours.
class ControlWriter {
public:
    ControlWriter(msghdr& header, Control& room) : header_(header), room_(room) {
        header_.msg_control = room_.octets.data();
        header_.msg_controllen = 0;
    }

    template <class Value>
    void add(int level, int type, const Value& value) {
        cmsghdr entry{};
        entry.cmsg_level = level;
        entry.cmsg_type = type;
        entry.cmsg_len = CMSG_LEN(sizeof value);
        const MutableBytes at = MutableBytes(room_.octets).subspan(header_.msg_controllen);
        std::memset(at.data(), 0, CMSG_SPACE(sizeof value));
        std::memcpy(at.data(), &entry, sizeof entry);
        std::memcpy(at.data() + CMSG_LEN(0), &value, sizeof value);
        header_.msg_controllen += CMSG_SPACE(sizeof value);
    }

    void finish() {
        if (header_.msg_controllen == 0) header_.msg_control = nullptr;
    }

private:
    msghdr& header_;
    Control& room_;
};

void add_source(ControlWriter& control, int family, const Ipv6& source) {
    if (family == AF_INET) {
        in_pktinfo info{};
        info.ipi_spec_dst = unmapped(source);
        control.add(IPPROTO_IP, IP_PKTINFO, info);
        return;
    }
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, source.octets.data(), source.octets.size());
    control.add(IPPROTO_IPV6, IPV6_PKTINFO, info);
}

}  // namespace

struct SendBatch::Rooms {
    std::unique_ptr<std::byte[]> arena = std::make_unique_for_overwrite<std::byte[]>(arena_octets);
    std::array<Message, messages_max> messages{};
    std::array<sockaddr_storage, messages_max> remotes{};
    std::array<Control, messages_max> controls{};
    std::array<iovec, messages_max> vectors{};
    std::array<mmsghdr, messages_max> headers{};
};

SendBatch::SendBatch() : rooms_(std::make_unique<Rooms>()) {}
SendBatch::~SendBatch() = default;

MutableBytes SendBatch::room(std::size_t octets) {
    if (used_octets_ + octets > arena_octets) flush();
    return {rooms_->arena.get() + used_octets_, arena_octets - used_octets_};
}

void SendBatch::add(UdpSocket& socket, const Endpoint& remote, const Ipv6& source, Bytes datagram) {
    if (datagram.empty() || datagram.size() > message_octets_max) {
        ++counters_.failed;
        return;
    }
    if (&socket != socket_ || used_octets_ + datagram.size() > arena_octets) flush();
    socket_ = &socket;
    if (!extend_last(remote, source, datagram.size())) {
        if (used_messages_ == messages_max) {
            flush();
            socket_ = &socket;
        }
        rooms_->messages[used_messages_++] = Message{.remote = remote,
                                                     .source = source,
                                                     .begin = used_octets_,
                                                     .octets = datagram.size(),
                                                     .segment_octets = datagram.size(),
                                                     .segments = 1};
    }
    std::byte* const place = rooms_->arena.get() + used_octets_;
    if (place != datagram.data()) std::memmove(place, datagram.data(), datagram.size());
    used_octets_ += datagram.size();
}

bool SendBatch::extend_last(const Endpoint& remote, const Ipv6& source, std::size_t octets) {
    if (used_messages_ == 0 || !socket_->segmentation()) return false;
    Message& last = rooms_->messages[used_messages_ - 1];
    if (last.closed || last.segments == segments_max || octets > last.segment_octets ||
        last.octets + octets > message_octets_max)
        return false;
    if (last.remote != remote || last.source != source) return false;
    last.closed = octets < last.segment_octets;
    last.octets += octets;
    ++last.segments;
    return true;
}

void SendBatch::prepare(std::size_t index) {
    const Message& message = rooms_->messages[index];
    rooms_->vectors[index] = iovec{rooms_->arena.get() + message.begin, message.octets};
    msghdr& header = rooms_->headers[index].msg_hdr;
    header = msghdr{};
    header.msg_name = &rooms_->remotes[index];
    header.msg_namelen = write_address(message.remote, socket_->family(), rooms_->remotes[index]);
    header.msg_iov = &rooms_->vectors[index];
    header.msg_iovlen = 1;
    ControlWriter control(header, rooms_->controls[index]);
    if (socket_->wildcard() && !is_wildcard(message.source))
        add_source(control, socket_->family(), message.source);
    if (message.segments > 1)
        control.add(SOL_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(message.segment_octets));
    control.finish();
}

void SendBatch::flush() {
    for (std::size_t i = 0; i < used_messages_; ++i) prepare(i);
    std::size_t done = 0;
    while (done < used_messages_) {
        const auto left = static_cast<unsigned>(used_messages_ - done);
        ++counters_.calls;
        const int sent = ::sendmmsg(socket_->fd(), rooms_->headers.data() + done, left,
                                    MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) {
            done += handle_refusal(rooms_->messages[done], errno);
            continue;
        }
        const std::uint64_t before = counters_.datagrams;
        for (const std::size_t end = done + static_cast<std::size_t>(sent); done < end; ++done)
            counters_.datagrams += rooms_->messages[done].segments;
        counters_.sizes.count(counters_.datagrams - before);
    }
    used_messages_ = 0;
    used_octets_ = 0;
    socket_ = nullptr;
}

/// The first unsent message was refused. Returns how many messages are over with.
std::size_t SendBatch::handle_refusal(const Message& message, int error) {
    if (error == EAGAIN || error == ENOBUFS) {  // the rest would fare no better: data is UDP
        std::size_t over = 0;
        const std::size_t first = static_cast<std::size_t>(&message - rooms_->messages.data());
        for (std::size_t i = first; i < used_messages_; ++i, ++over)
            count_failure(error, rooms_->messages[i].segments);
        return over;
    }
    const bool segments_refused = error == EIO || error == EINVAL || error == EMSGSIZE;
    if (message.segments == 1 || !segments_refused) {
        count_failure(error, message.segments);
        return 1;
    }
    if (error == EIO) socket_->give_up_segmentation();
    send_plainly(message);
    return 1;
}

void SendBatch::send_plainly(const Message& message) {
    sockaddr_storage remote{};
    Control room;
    msghdr header{};
    header.msg_name = &remote;
    header.msg_namelen = write_address(message.remote, socket_->family(), remote);
    header.msg_iovlen = 1;
    ControlWriter control(header, room);
    if (socket_->wildcard() && !is_wildcard(message.source))
        add_source(control, socket_->family(), message.source);
    control.finish();
    for (std::size_t at = 0; at < message.octets; at += message.segment_octets) {
        iovec vector{rooms_->arena.get() + message.begin + at,
                     std::min(message.segment_octets, message.octets - at)};
        header.msg_iov = &vector;
        ++counters_.calls;
        if (::sendmsg(socket_->fd(), &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            count_failure(errno, 1);
            continue;
        }
        ++counters_.datagrams;
        counters_.sizes.count(1);
    }
}

void SendBatch::count_failure(int error, std::size_t datagrams) {
    if (error == EAGAIN || error == ENOBUFS)
        counters_.queue_full += datagrams;
    else
        counters_.failed += datagrams;
}

}  // namespace kanmon::io
