// What a server pushed, read from one PUSH_REPLY that may come in several messages, and changed by
// PUSH_UPDATEs as 2.7 and openvpn3 understand them.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "dataplane/wire/compression.h"

namespace kanmon::client {

struct Pushed {
    std::vector<std::string> options;  // all of them, in order
    Ipv4 address;                      // ifconfig, first word
    std::string ifconfig_second;       // the peer's address, or the mask
    std::optional<Ipv6> address6;      // ifconfig-ipv6, without its prefix
    std::string topology;
    std::string cipher;
    std::optional<std::uint32_t> peer_id;
    Duration ping{};
    Duration ping_restart{};
    bool control_exit = false;
    bool exported_keys = false;
    bool dynamic_tls_crypt = false;
    bool data_epoch = false;
    std::optional<wire::Framing> framing;

    /// The options whose first word is `kind`, in order.
    std::vector<std::string> of(std::string_view kind) const;
};

/// A change of `Pushed` in as many messages as its continuations announce. A kind that stands in it
/// replaces what is held of that kind, "-kind" removes it; new routes undo the redirection (2.7).
class UpdateReader {
public:
    enum class Result : std::uint8_t { more_follows, done, offending };
    Result read(std::string_view argument, Pushed& pushed);

private:
    bool take(std::string_view option, Pushed& pushed);
    std::set<std::string, std::less<>> replaced_;  // in this update
};

class PushReader {
public:
    /// The argument of a PUSH_REPLY. Nothing while a continuation is announced.
    std::optional<Pushed> read(std::string_view argument);

private:
    Pushed pushed_;
};

}  // namespace kanmon::client
