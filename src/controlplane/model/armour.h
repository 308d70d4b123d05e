// Keys of the control channel as the text that OpenVPN reads.
#pragma once

#include <string>

#include "base/bytes.h"

namespace kanmon::model {

/// The key file of tls-auth and tls-crypt: 256 octets as 16 lines of hexadecimal.
/// Source: wire reference, section 6.
std::string static_key_text(Bytes key);

/// The client's key file of tls-crypt-v2: its key and the wrapped one as base64, 64 characters a
/// line. Source: wire reference, section 8.
std::string client_key_v2_text(Bytes octets);

}  // namespace kanmon::model
