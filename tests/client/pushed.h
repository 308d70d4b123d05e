// What a server pushed, read from one PUSH_REPLY that may come in several messages.
#pragma once

#include <optional>
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
};

class PushReader {
public:
    /// The argument of a PUSH_REPLY. Nothing while a continuation is announced.
    std::optional<Pushed> read(std::string_view argument);

private:
    Pushed pushed_;
};

}  // namespace kanmon::client
