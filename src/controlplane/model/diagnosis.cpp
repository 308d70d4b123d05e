#include "controlplane/model/diagnosis.h"

#include <algorithm>
#include <array>

namespace kanmon::model {

namespace {

constexpr std::array<std::string_view, 3> levels{"normal", "warning", "error"};

/// The text before the first `end`, which is taken off together with it. Nothing without one.
std::optional<std::string_view> cut(std::string_view& text, char end) {
    const std::size_t at = text.find(end);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(at + 1);
    return part;
}

std::optional<DiagnosisItem> item_of(std::string_view line) {
    const auto name = cut(line, '\t');
    const auto level = cut(line, '\t');
    if (!name || !level) return std::nullopt;
    const auto known = std::ranges::find(levels, *level);
    if (known == levels.end()) return std::nullopt;
    DiagnosisItem item{.name = std::string(*name),
                       .level = static_cast<DiagnosisLevel>(known - levels.begin()),
                       .facts = {}};
    while (!line.empty()) {
        const auto fact = cut(line, '\t');
        if (!fact) return std::nullopt;
        const std::size_t equals = fact->find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        item.facts.emplace_back(fact->substr(0, equals), fact->substr(equals + 1));
    }
    return item;
}

}  // namespace

std::string_view diagnosis_level_text(DiagnosisLevel level) {
    return levels[static_cast<std::size_t>(level)];
}

DiagnosisItem quota_item(std::string_view name, std::string_view quota, std::size_t used,
                         std::size_t quantity) {
    DiagnosisItem item{.name = std::string(name),
                       .level = DiagnosisLevel::normal,
                       .facts = {{"quotaName", std::string(quota)},
                                 {"quantity", std::to_string(quantity)},
                                 {"used", std::to_string(used)}}};
    if (used * 10 >= quantity * 9) item.level = DiagnosisLevel::warning;
    if (used >= quantity) item.level = DiagnosisLevel::error;
    return item;
}

std::string stored_text(const std::vector<DiagnosisItem>& items) {
    std::string text;
    for (const DiagnosisItem& item : items) {
        text += item.name + '\t';
        text += std::string(diagnosis_level_text(item.level)) + '\t';
        for (const auto& [name, value] : item.facts) text += name + '=' + value + '\t';
        text += '\n';
    }
    return text;
}

std::optional<std::vector<DiagnosisItem>> diagnosis_items_of(std::string_view stored) {
    std::vector<DiagnosisItem> items;
    while (!stored.empty()) {
        const auto line = cut(stored, '\n');
        if (!line) return std::nullopt;
        auto item = item_of(*line);
        if (!item) return std::nullopt;
        items.push_back(std::move(*item));
    }
    return items;
}

}  // namespace kanmon::model
