// What is remembered of connection attempts and of clients' lives, as a port.
// tests/contract/attempt_log_contract.h states it as tests.
//
// A store of its own: it waits for no change of the books, and none waits for it.
// Limits: `LogLimits`. What comes beyond pushes out the oldest of whoever has most there, and
//         clients and strangers have each their own room: a flood pushes out the flood.
// Threads: any, also at once; nobody needs the turn.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bridge/messages.h"
#include "controlplane/usecases/call.h"

namespace kanmon::usecases {

struct LogLimits {
    std::uint64_t client_octets_max = std::uint64_t{64} << 20;
    std::uint64_t stranger_octets_max = std::uint64_t{16} << 20;
    std::chrono::days age_max{90};
};

struct StoredAttempt {
    std::uint64_t number = 0;  // grows for ever, in the order of arrival
    bridge::AttemptRecord record;
    friend bool operator==(const StoredAttempt&, const StoredAttempt&) = default;
};

/// Both ends belong to it; IPv4 addresses are mapped ones, as in an Endpoint.
struct AddressRange {
    Ipv6 first;
    Ipv6 last;
    friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

enum class AttemptOrder : std::uint8_t {
    time,     // by their time, oldest first
    arrival,  // by their number, lowest first
    newest    // the last ones that there are, lowest number first
};

/// Those of a server. Of each further filter that is not set: all.
struct AttemptQuery {
    std::string server_id;
    std::string common_name = {};
    std::string username = {};
    std::optional<AddressRange> addresses = {};
    std::optional<bridge::Happening> happening = {};
    std::string cause = {};  // its code; only `refused`, `ended` and `denied` have one
    UnixTime from = UnixTime::min();
    UnixTime to = UnixTime::max();
    std::uint64_t after = 0;  // this number
    AttemptOrder order = AttemptOrder::time;
    std::uint64_t skipped = 0;
    std::uint32_t count = 50;
};

class AttemptLog {
public:
    virtual ~AttemptLog() = default;
    /// All or none; they survive the death of the process. Refusal: `ServiceUnavailable`.
    virtual Outcome<void> append(const std::vector<bridge::AttemptRecord>& records,
                                 UnixTime now) = 0;
    virtual Outcome<std::vector<StoredAttempt>> find(const AttemptQuery& query) = 0;
};

/// In whose room a record lies: of a server's client, or of a network of a server's strangers.
std::string room_of(const bridge::AttemptRecord& record);
/// True for records that have a cause.
bool has_cause(const bridge::AttemptRecord& record);
/// The word for it in the API: "refused", "connected", …
std::string_view happening_text(bridge::Happening happening);
/// How far it got: "reset", "tls", "key_exchange", "admission", "pushed", "connected", "ended".
std::string_view stage_text(bridge::Stage stage);
std::optional<bridge::Happening> happening_of(std::string_view text);

}  // namespace kanmon::usecases
