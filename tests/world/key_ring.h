// Who has which key for control packets: every laptop, and the insider among the strangers.
//
// It reads what the gateway sends, so that the world's judges see through the wrapping, and holds
// that no counter and no clock of a wrapped packet ever runs back.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "client/wrapping_pair.h"
#include "dataplane/wire/control_packet.h"

namespace kanmon::world {

class KeyRing {
public:
    KeyRing(const client::WrappingPair& pair, std::uint32_t laptops);

    client::ClientWrapping of(std::uint32_t laptop) const { return pair_.client(laptop); }
    bool is_open() const { return pair_.server().kind == bridge::Wrapping::none; }

    /// What the gateway sent to this laptop under the first key, unwrapped; nothing for what is
    /// under another key. Throws Broken.
    std::optional<Buffer> read(std::uint32_t laptop, Bytes datagram);
    std::optional<Buffer> read_as_insider(Bytes datagram);

    /// A hello, or a packet that shows a cookie, of a stranger who has a key of this server.
    Buffer seal_as_insider(wire::ControlPacket packet);

private:
    void judge_order(Bytes packet, const crypto::ReplayId& replay);

    client::WrappingPair pair_;
    std::vector<std::unique_ptr<crypto::ControlWrap>> wraps_;  // by laptop; null without wrapping
    std::unique_ptr<crypto::ControlWrap> insider_;
    client::ClientWrapping insider_wrapping_;
    std::map<std::array<std::byte, 8>, crypto::ReplayId> latest_;  // by the gateway's session id
};

}  // namespace kanmon::world
