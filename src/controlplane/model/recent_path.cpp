#include "controlplane/model/recent_path.h"

namespace kanmon::model {

namespace {

/// What a session that is older than this has counted says nothing of these minutes.
constexpr std::chrono::seconds just_begun{60};

RecentPath counters_of(const bridge::ClientFact& fact, UnixTime now) {
    return {.since = now,
            .received_packets = fact.received_packets,
            .sent_packets = fact.sent_packets,
            .lost_packets = fact.path.lost_packets,
            .late_packets = fact.late_packets};
}

}  // namespace

void PathMarks::note(const bridge::ClientFact& fact, UnixTime now) {
    latest_ = counters_of(fact, now);
    if (!begun_) {
        begun_ = true;
        newer_ = latest_;
        if (now - fact.connected_at <= just_begun) newer_ = {.since = fact.connected_at};
        older_ = newer_;
    } else if (now - newer_.since >= mark_interval) {
        older_ = newer_;
        newer_ = latest_;
    }
}

RecentPath PathMarks::recent() const {
    return {.since = older_.since,
            .received_packets = latest_.received_packets - older_.received_packets,
            .sent_packets = latest_.sent_packets - older_.sent_packets,
            .lost_packets = latest_.lost_packets - older_.lost_packets,
            .late_packets = latest_.late_packets - older_.late_packets};
}

}  // namespace kanmon::model
