// What is remembered of traffic: minutes for a day, hours for a year. A port;
// tests/contract/meter_book_contract.h states it as tests.
//
// A store of its own, like the log. Limits: `MeterLimits`; what comes beyond pushes out the oldest
// points of its kind, and clients never those of servers and gateways.
// Threads: any, also at once; nobody needs the turn.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bridge/messages.h"
#include "controlplane/usecases/call.h"

namespace kanmon::usecases {

/// Rows of points, of some 250 octets each.
struct MeterLimits {
    std::uint64_t server_minutes_max = 100'000;
    std::uint64_t server_hours_max = 300'000;
    std::uint64_t client_minutes_max = 200'000;
    std::uint64_t client_hours_max = 200'000;
    std::chrono::hours minutes_age_max{24};
    std::chrono::days hours_age_max{366};
};

using Meters = std::array<std::uint64_t, bridge::meter_count>;

/// What was carried and counted within one minute or hour, and the most that there was at once.
struct MeterPoint {
    UnixTime at{};  // its beginning
    Meters meters{};
    std::uint32_t online_most = 0;
    std::uint32_t slots_most = 0;                  // of the pool: used and held
    std::uint64_t received_most = 0;               // bits in a second
    std::uint64_t sent_most = 0;                   // bits in a second
    std::map<std::string, std::uint64_t> drops{};  // by the code of the cause; none that is 0
    friend bool operator==(const MeterPoint&, const MeterPoint&) = default;
};
void add(MeterPoint& sum, const MeterPoint& part);

/// "vpn-…", "vss-…", or "vss-…/holder" of a client.
struct MeterWrite {
    std::string subject;
    MeterPoint point;  // of a minute; it is added to what there is, and to its hour
};

/// Where the counters of a data process stood when they were last stored.
struct Baseline {
    std::string key;  // "vss-…", or the number of a session
    Meters meters{};
    bool gone = false;  // a session that is over: nothing is kept any more
    friend bool operator==(const Baseline&, const Baseline&) = default;
};

enum class MeterGrain : std::uint8_t { minute, hour };

struct MeterQuery {
    std::string subject;
    MeterGrain grain = MeterGrain::minute;
    UnixTime from{};
    UnixTime to{};
    std::uint32_t count = 0;  // at most so many, the latest
};

class MeterBook {
public:
    virtual ~MeterBook() = default;
    /// All or none, with the baselines of `process`; those of other processes go. The work grows
    /// with what is written, not with what there is. Refusal: `ServiceUnavailable`.
    virtual Outcome<void> add(const std::vector<MeterWrite>& writes, std::uint64_t process,
                              const std::vector<Baseline>& baselines, UnixTime now) = 0;
    /// Earliest first.
    virtual Outcome<std::vector<MeterPoint>> find(const MeterQuery& query) = 0;
    virtual Outcome<std::vector<Baseline>> baselines(std::uint64_t process) = 0;
};

bool is_client(const std::string& subject);
UnixTime beginning_of(UnixTime time, MeterGrain grain);

}  // namespace kanmon::usecases
