#include "controlplane/usecases/meter_book.h"

#include <algorithm>

namespace kanmon::usecases {

void add(MeterPoint& sum, const MeterPoint& part) {
    for (std::size_t i = 0; i < sum.meters.size(); ++i) sum.meters[i] += part.meters[i];
    sum.online_most = std::max(sum.online_most, part.online_most);
    sum.slots_most = std::max(sum.slots_most, part.slots_most);
    sum.received_most = std::max(sum.received_most, part.received_most);
    sum.sent_most = std::max(sum.sent_most, part.sent_most);
    for (const auto& [code, count] : part.drops) sum.drops[code] += count;
}

bool is_client(const std::string& subject) {
    return subject.find('/') != std::string::npos;
}

UnixTime beginning_of(UnixTime time, MeterGrain grain) {
    if (grain == MeterGrain::minute) return std::chrono::floor<std::chrono::minutes>(time);
    return std::chrono::floor<std::chrono::hours>(time);
}

}  // namespace kanmon::usecases
