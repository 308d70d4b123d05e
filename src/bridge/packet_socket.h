// One connected SOCK_SEQPACKET socket with descriptors beside its packets. Non-blocking.
//
// Owner: one thread. Errors are values; a peer that closed gives `closed`.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace kanmon::bridge {

enum class SocketError : std::uint8_t { would_block, closed, failed };

struct Received {
    Buffer octets;
    std::vector<UniqueFd> descriptors;  // close-on-exec
};

struct PeerIdentity {
    pid_t pid = 0;
    uid_t uid = 0;
};

class PacketSocket {
public:
    PacketSocket() = default;
    explicit PacketSocket(UniqueFd fd) : fd_(std::move(fd)) {}

    /// Connects to the socket file at `path`.
    static Expected<PacketSocket, std::string> connect(const std::string& path);

    int fd() const { return fd_.get(); }
    explicit operator bool() const { return static_cast<bool>(fd_); }
    std::optional<PeerIdentity> peer() const;  // SO_PEERCRED

    Expected<void, SocketError> send(Bytes octets, std::span<const int> descriptors = {});
    Expected<Received, SocketError> receive();

private:
    UniqueFd fd_;
};

/// A listening SOCK_SEQPACKET socket file, mode 0660. An old file at `path` is replaced.
class PacketListener {
public:
    static Expected<PacketListener, std::string> listen(const std::string& path);
    int fd() const { return fd_.get(); }
    Expected<PacketSocket, SocketError> accept();

private:
    UniqueFd fd_;
};

/// A memfd that holds `octets` and can no longer change (all seals set).
Expected<UniqueFd, std::string> seal_in_memory(Bytes octets, const char* name);
/// Reads a sealed memfd whole; refuses one that is not sealed or larger than `octets_max`.
Expected<Buffer, std::string> read_sealed(int fd, std::size_t octets_max);

}  // namespace kanmon::bridge
