// What was found when an IPsec connection was looked at: facts of the configuration, with a level.
//
// Nothing is measured: a diagnosis sends no packets and asks nobody.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "controlplane/model/id.h"

namespace kanmon::model {

enum class DiagnosisLevel : std::uint8_t { normal, warning, error };

/// Names and values are printable ASCII without tabs and line ends (`escaped`).
using DiagnosisFacts = std::vector<std::pair<std::string, std::string>>;

struct DiagnosisItem {
    std::string name;  // "VpnRouteQuota"
    DiagnosisLevel level = DiagnosisLevel::normal;
    DiagnosisFacts facts;
    friend bool operator==(const DiagnosisItem&, const DiagnosisItem&) = default;
};

struct Diagnosis {
    DiagnosisId id;
    AccountId account;
    VpnGatewayId gateway;
    VpnConnectionId connection;  // may be gone by now
    UnixTime made_at{};          // begun and finished in the same moment
    std::vector<DiagnosisItem> items;
    friend bool operator==(const Diagnosis&, const Diagnosis&) = default;
};

/// Of a gateway; a further one pushes the oldest out.
inline constexpr std::size_t diagnoses_max = 20;

std::string_view diagnosis_level_text(DiagnosisLevel level);

/// How much of something is used: error when all is, warning from nine tenths.
DiagnosisItem quota_item(std::string_view name, std::string_view quota, std::size_t used,
                         std::size_t quantity);

/// One item a line, its parts between tabs. Nothing when the text is none of ours.
std::string stored_text(const std::vector<DiagnosisItem>& items);
std::optional<std::vector<DiagnosisItem>> diagnosis_items_of(std::string_view stored);

}  // namespace kanmon::model
