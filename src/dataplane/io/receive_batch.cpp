#include "dataplane/io/receive_batch.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "dataplane/io/socket_address.h"

namespace kanmon::io {

namespace {

// Buffers at multiples of 64 KiB would share the same few lines of the first-level cache.
constexpr std::size_t stride_octets = ReceiveBatch::message_octets_max + 4096 + 64;
constexpr std::size_t control_octets = 128;

struct Control {
    alignas(cmsghdr) std::array<std::byte, control_octets> octets;
};

template <class Value>
Value value_of(const cmsghdr* header) {
    Value value{};
    std::memcpy(&value, CMSG_DATA(header), sizeof value);
    return value;
}

void read_control(msghdr& message, ReceivedRun& run) {
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_UDP && header->cmsg_type == UDP_GRO) {
            const int size = value_of<int>(header);
            if (size > 0) run.segment_octets = static_cast<std::size_t>(size);
        } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            run.local = mapped(value_of<in_pktinfo>(header).ipi_addr);
        } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            const auto info = value_of<in6_pktinfo>(header);
            std::memcpy(run.local.octets.data(), &info.ipi6_addr, run.local.octets.size());
        }
    }
}

}  // namespace

struct ReceiveBatch::Rooms {
    std::unique_ptr<std::byte[]> octets =
        std::make_unique_for_overwrite<std::byte[]>(stride_octets * messages_max);
    std::array<sockaddr_storage, messages_max> remotes{};
    std::array<Control, messages_max> controls{};
    std::array<iovec, messages_max> vectors{};
    std::array<mmsghdr, messages_max> messages{};
    std::array<ReceivedRun, messages_max> runs{};
    std::size_t used = messages_max;

    MutableBytes buffer(std::size_t index) {
        return MutableBytes(octets.get() + index * stride_octets, message_octets_max);
    }

    /// Makes ready again what the last call used: a lone packet should not touch all headers.
    void arm() {
        for (std::size_t i = 0; i < used; ++i) {
            vectors[i] = iovec{buffer(i).data(), message_octets_max};
            msghdr& header = messages[i].msg_hdr;
            header.msg_name = &remotes[i];
            header.msg_namelen = sizeof remotes[i];
            header.msg_iov = &vectors[i];
            header.msg_iovlen = 1;
            header.msg_control = controls[i].octets.data();
            header.msg_controllen = control_octets;
            header.msg_flags = 0;
        }
    }
};

ReceiveBatch::ReceiveBatch() : rooms_(std::make_unique<Rooms>()) {}
ReceiveBatch::~ReceiveBatch() = default;

std::span<ReceivedRun> ReceiveBatch::receive(const UdpSocket& socket) {
    rooms_->arm();
    int count = -1;
    do {
        count =
            ::recvmmsg(socket.fd(), rooms_->messages.data(), messages_max, MSG_DONTWAIT, nullptr);
    } while (count < 0 && errno == EINTR);
    filled_ = count == static_cast<int>(messages_max);
    rooms_->used = static_cast<std::size_t>(std::max(count, 0));
    std::size_t kept = 0, datagrams = 0;
    for (std::size_t i = 0; i < rooms_->used; ++i) {
        mmsghdr& message = rooms_->messages[i];
        if ((message.msg_hdr.msg_flags & MSG_TRUNC) != 0 || message.msg_len == 0) {
            ++truncated_;
            continue;
        }
        ReceivedRun& run = rooms_->runs[kept++];
        run = ReceivedRun{.remote = read_address(rooms_->remotes[i]),
                          .local = socket.local().address,
                          .octets = rooms_->buffer(i).first(message.msg_len),
                          .segment_octets = message.msg_len};
        read_control(message.msg_hdr, run);
        datagrams += run.datagrams();
    }
    sizes_.count(datagrams);
    return std::span(rooms_->runs).first(kept);
}

}  // namespace kanmon::io
