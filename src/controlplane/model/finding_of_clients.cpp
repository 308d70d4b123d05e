// What live clients show: their bundles, clocks, paths, programs, and what waits for a bandwidth.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/date.h"
#include "base/escape.h"
#include "bridge/clock_skew.h"
#include "controlplane/model/finding.h"

namespace kanmon::model {

namespace {

/// Below these a share says nothing.
constexpr std::uint64_t lost_packets_least = 100, late_packets_least = 100;
constexpr std::uint64_t lost_percent_least = 2, late_percent_least = 1;
constexpr std::uint32_t far_round_trip_microseconds = 150'000;

/// Programs that are known to fail, by what they announce.
struct KnownProblem {
    std::string_view version, platform;
    std::string_view words, recommended;
};
constexpr std::array known_problems{
    KnownProblem{"2.6.6", "win",
                 "clients of this version on Windows connect and then pass no pings", "2.6.8"},
};

bool is_share(std::uint64_t part, std::uint64_t whole, std::uint64_t least,
              std::uint64_t percent_least) {
    return part >= least && part * 100 >= whole * percent_least;
}

class Examination {
public:
    Examination(const ServerEvidence& server, const LiveClient& client, UnixTime now)
        : server_(server), client_(client.now), lately_(client.lately), now_(now) {}

    std::vector<Finding> findings() {
        bundle();
        clock();
        path();
        bandwidth();
        program();
        return std::move(found_);
    }

private:
    Finding& add(std::string_view code, Confidence confidence, std::string evidence) {
        found_.push_back({.code = std::string(code),
                          .server = server_.id,
                          .subject = client_.common_name,
                          .confidence = confidence,
                          .evidence = {std::move(evidence)},
                          .first = client_.connected_at,
                          .last = now_});
        give_fix(found_.back());
        return found_.back();
    }

    void bundle() {
        if (!client_.stale_bundle) return;
        add("CERT-STALE", Confidence::certain,
            fmt::format("it announced a bundle of revision {}; the server's settings make {}",
                        escaped(client_.revision), server_.revision));
    }

    void clock() {
        if (const auto& behind = client_.clock_behind_seconds; bridge::is_skewed(behind))
            add("CLOCK-SKEW", Confidence::certain, "its " + bridge::clock_skew_text(*behind));
    }

    void path() {
        const std::uint64_t lost = lately_.lost_packets;
        const std::uint64_t sent = lately_.received_packets + lost;
        if (!is_share(lost, sent, lost_packets_least, lost_percent_least)) return;
        const auto& trip = client_.path.least_round_trip_microseconds;
        const bool far = trip && *trip >= far_round_trip_microseconds;
        Finding& made = add(far ? "LINK-FAR" : "LINK-UNSTABLE", Confidence::likely,
                            fmt::format("{} of {} packets from it were lost on their way to the "
                                        "gateway since {}",
                                        lost, sent, clock_text(lately_.since)));
        made.first = lately_.since;
        if (trip)
            made.evidence.push_back(
                fmt::format("a packet and its answer take {} ms at least", *trip / 1000));
    }

    void bandwidth() {
        const std::uint64_t late = lately_.late_packets;
        const std::uint64_t all = lately_.received_packets + lately_.sent_packets + late;
        if (!is_share(late, all, late_packets_least, late_percent_least)) return;
        Finding& made = add("BANDWIDTH", Confidence::certain,
                            fmt::format("{} of {} of its packets waited too long for their turn in "
                                        "the bandwidth since {} and were dropped",
                                        late, all, clock_text(lately_.since)));
        made.first = lately_.since;
    }

    void program() {
        const auto known = std::ranges::find_if(known_problems, [&](const KnownProblem& problem) {
            return client_.version == problem.version && client_.platform == problem.platform;
        });
        if (known == known_problems.end()) return;
        Finding& made = add("VERSION-INCOMPAT", Confidence::possible,
                            fmt::format("it is OpenVPN {} on {}: {}", known->version,
                                        known->platform, known->words));
        made.fix = fmt::format("install OpenVPN {} or later", known->recommended);
    }

    const ServerEvidence& server_;
    const ClientConnection& client_;
    const RecentPath& lately_;
    const UnixTime now_;
    std::vector<Finding> found_;
};

}  // namespace

std::vector<Finding> findings_of_clients(const ServerEvidence& server, UnixTime now) {
    std::vector<Finding> found;
    for (const LiveClient& client : server.clients)
        std::ranges::move(Examination(server, client, now).findings(), std::back_inserter(found));
    return found;
}

}  // namespace kanmon::model
