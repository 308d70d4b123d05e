#include "controlplane/model/finding.h"

#include <algorithm>
#include <iterator>

namespace kanmon::model {

std::string_view confidence_text(Confidence confidence) {
    switch (confidence) {
        case Confidence::certain:
            return "certain";
        case Confidence::likely:
            return "likely";
        case Confidence::possible:
            break;
    }
    return "possible";
}

std::vector<Finding> findings_of(const ServerEvidence& server, UnixTime now) {
    std::vector<Finding> found = findings_of_clients(server, now);
    std::ranges::move(findings_of_records(server, now), std::back_inserter(found));
    std::ranges::stable_sort(found, std::greater(), &Finding::last);
    return found;
}

}  // namespace kanmon::model
