#include "bridge/packet_socket.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/secret.h"
#include "bridge/messages.h"

namespace kanmon::bridge {

namespace {

constexpr std::size_t descriptors_max = 65;
constexpr int socket_octets = 512 << 10;  // several messages of the largest size
constexpr int all_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

/// Room for the control data of `descriptors_max` descriptors, aligned as the kernel wants it.
union ControlRoom {
    std::array<char, CMSG_SPACE(descriptors_max * sizeof(int))> octets;
    cmsghdr aligned;
};

std::string problem(const std::string& what) {
    return what + ": " + std::strerror(errno);
}

Expected<sockaddr_un, std::string> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path))
        return unexpected("the socket path " + path + " is longer than a socket address can hold");
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

const sockaddr* generic(const sockaddr_un& address) {
    return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

UniqueFd new_socket() {
    UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (fd) ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &socket_octets, sizeof socket_octets);
    return fd;
}

SocketError error_of(int number) {
    if (number == EAGAIN || number == EWOULDBLOCK || number == EINTR || number == ENOBUFS)
        return SocketError::would_block;
    if (number == EPIPE || number == ECONNRESET || number == ENOTCONN) return SocketError::closed;
    return SocketError::failed;
}

void take_descriptors(msghdr& header, std::vector<UniqueFd>& descriptors) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr;
         part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
            descriptors.emplace_back(fd);
        }
    }
}

}  // namespace

Expected<PacketSocket, std::string> PacketSocket::connect(const std::string& path) {
    const auto address = address_of(path);
    if (!address) return unexpected(address.error());
    UniqueFd fd = new_socket();
    if (!fd) return unexpected(problem("socket"));
    if (::connect(fd.get(), generic(*address), sizeof *address) != 0)
        return unexpected(problem("connect to " + path));
    return PacketSocket(std::move(fd));
}

std::optional<PeerIdentity> PacketSocket::peer() const {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return std::nullopt;
    return PeerIdentity{credentials.pid, credentials.uid};
}

Expected<void, SocketError> PacketSocket::send(Bytes octets, std::span<const int> descriptors) {
    // An empty packet reads as the end of the connection; more descriptors the peer would refuse.
    if (octets.empty() || octets.size() > message_octets_max ||
        descriptors.size() > descriptors_max)
        return unexpected(SocketError::failed);
    iovec part{const_cast<std::byte*>(octets.data()), octets.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    ControlRoom room{};
    if (!descriptors.empty()) {
        header.msg_control = room.octets.data();
        header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
    }
    if (::sendmsg(fd_.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return unexpected(error_of(errno));
    return {};
}

Expected<Received, SocketError> PacketSocket::receive() {
    // Kept: a new one is 64 KiB to be zeroed for every message, and for every look at an empty
    // socket.
    thread_local Buffer longest(message_octets_max);
    Received received;
    iovec part{longest.data(), longest.size()};
    ControlRoom room{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = room.octets.data();
    header.msg_controllen = room.octets.size();
    const ssize_t size = ::recvmsg(fd_.get(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (size < 0) return unexpected(error_of(errno));
    take_descriptors(header, received.descriptors);  // owned from here on, whatever follows
    if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return unexpected(SocketError::failed);
    if (size == 0) return unexpected(SocketError::closed);
    const MutableBytes message = MutableBytes(longest).first(static_cast<std::size_t>(size));
    received.octets.assign(message.begin(), message.end());
    wipe(message);  // it may have held a password
    return received;
}

Expected<PacketListener, std::string> PacketListener::listen(const std::string& path) {
    const auto address = address_of(path);
    if (!address) return unexpected(address.error());
    UniqueFd fd = new_socket();
    if (!fd) return unexpected(problem("socket"));
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return unexpected(problem("remove the old socket file " + path));
    // fchmod before bind sets the mode of the file that bind makes, so it is never wider.
    ::fchmod(fd.get(), 0660);
    if (::bind(fd.get(), generic(*address), sizeof *address) != 0)
        return unexpected(problem("bind " + path));
    if (::chmod(path.c_str(), 0660) != 0) return unexpected(problem("chmod " + path));
    if (::listen(fd.get(), 16) != 0) return unexpected(problem("listen on " + path));
    PacketListener listener;
    listener.fd_ = std::move(fd);
    return listener;
}

Expected<PacketSocket, SocketError> PacketListener::accept() {
    UniqueFd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return unexpected(error_of(errno));
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &socket_octets, sizeof socket_octets);
    return PacketSocket(std::move(fd));
}

Expected<UniqueFd, std::string> seal_in_memory(Bytes octets, const char* name) {
    UniqueFd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd) return unexpected(problem("memfd_create"));
    for (Bytes rest = octets; !rest.empty();) {
        const ssize_t written = ::write(fd.get(), rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return unexpected(problem("write to memory file"));
        rest = rest.subspan(static_cast<std::size_t>(written));
    }
    if (::fcntl(fd.get(), F_ADD_SEALS, all_seals) != 0)
        return unexpected(problem("seal memory file"));
    return fd;
}

Expected<Buffer, std::string> read_sealed(int fd, std::size_t octets_max) {
    // Seals first: without them the sender could shrink or change the file while it is read.
    const int seals = ::fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & all_seals) != all_seals)
        return unexpected<std::string>("the descriptor is not a sealed memory file");
    struct stat status {};
    if (::fstat(fd, &status) != 0) return unexpected(problem("fstat of memory file"));
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > octets_max)
        return unexpected("the memory file has " + std::to_string(size) + " octets, at most " +
                          std::to_string(octets_max) + " are accepted");
    Buffer octets(size);
    for (std::size_t done = 0; done < size;) {
        const ssize_t count =
            ::pread(fd, octets.data() + done, size - done, static_cast<off_t>(done));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return unexpected(problem("read of memory file"));
        done += static_cast<std::size_t>(count);
    }
    return octets;
}

}  // namespace kanmon::bridge
