// The first TLS application data in each direction: random material, options, credentials, peer
// info. Layouts are drawn in the .cpp. Source: wire reference, section 10.
#pragma once

#include <string>

#include "base/secret.h"
#include "dataplane/wire/opcode.h"

namespace kanmon::wire {

inline constexpr std::size_t options_octets_max = 512;
inline constexpr std::size_t credential_octets_max = 4096;
inline constexpr std::size_t peer_info_octets_max = 4096;
inline constexpr std::size_t key_method_2_octets_max = 16384;

struct ClientKeyMethod2 {
    Secret<48> pre_master;
    Secret<32> random1;
    Secret<32> random2;
    std::string options;    // without its NUL
    std::string username;   // empty when absent
    SecretBuffer password;  // empty when absent
    std::string peer_info;  // lines NAME=value; hostile
};

struct ServerKeyMethod2 {
    Secret<32> random1;
    Secret<32> random2;
    std::string options;
};

template <class T>
struct ReadSoFar {
    T message;
    std::size_t octets = 0;  // consumed from the stream
};

/// The message may arrive in pieces: nothing yet is `std::nullopt` inside the expected.
/// Trailing absence of username, password and peer info is legal (2.3) and can only be seen at the
/// end of a TLS record, so `at_record_end` says that no more of this record follows.
/// Errors: `malformed` (key method other than 2, a length beyond its limit, a missing NUL).
Decoded<std::optional<ReadSoFar<ClientKeyMethod2>>> decode_client_key_method_2(Bytes stream,
                                                                               bool at_record_end);
Decoded<std::optional<ReadSoFar<ServerKeyMethod2>>> decode_server_key_method_2(Bytes stream);

Buffer encode(const ClientKeyMethod2& message);
Buffer encode(const ServerKeyMethod2& message);

}  // namespace kanmon::wire
