#include "controlplane/api/parameter_reader.h"
#include "controlplane/model/name.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/escape.h"
#include "controlplane/api/flat_json.h"

namespace kanmon::api {

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

namespace {

ParameterForm form_of(model::OptionForm form) {
    switch (form) {
        case model::OptionForm::number:
            return ParameterForm::number;
        case model::OptionForm::flag:
            return ParameterForm::flag;
        case model::OptionForm::text:
            break;
    }
    return ParameterForm::text;
}

}  // namespace

std::optional<std::string_view> ParameterReader::find(std::string_view name) const {
    const auto found = source_.prefix.empty()
                           ? source_.values.find(name)
                           : source_.values.find(source_.prefix + std::string(name));
    if (found == source_.values.end()) return std::nullopt;
    return std::string_view(found->second);
}

void ParameterReader::refuse(Unexpected<model::Refusal> refusal) {
    if (!wrong_ && source_.log == nullptr) wrong_ = refusal.value();
}

void ParameterReader::note(std::string_view name, ParameterForm form, bool required) {
    if (source_.log != nullptr)
        source_.log->note(source_.prefix + std::string(name), form, required);
}

model::Refusal ParameterReader::described() {
    return {500, "Described", "The action was asked what it reads, and not to run."};
}

std::string ParameterReader::required(std::string_view name) {
    const std::string value = text(name);
    note(name, ParameterForm::text, true);
    if (value.empty()) refuse(model::missing(name));
    return value;
}

std::string ParameterReader::text(std::string_view name) {
    note(name, ParameterForm::text);
    return std::string(find(name).value_or(""));
}

std::optional<std::string> ParameterReader::optional_text(std::string_view name) {
    note(name, ParameterForm::text);
    const auto value = find(name);
    if (!value) return std::nullopt;
    return std::string(*value);
}

std::optional<SecretBuffer> ParameterReader::optional_secret(std::string_view name) {
    note(name, ParameterForm::secret);
    const auto value = find(name);
    if (!value) return std::nullopt;
    return SecretBuffer(as_bytes(*value));
}

std::int64_t ParameterReader::required_number(std::string_view name) {
    const auto number = optional_number(name);
    note(name, ParameterForm::number, true);
    if (!number) refuse(model::missing(name));
    return number.value_or(0);
}

std::optional<std::int64_t> ParameterReader::optional_number(std::string_view name) {
    note(name, ParameterForm::number);
    const std::string_view digits = find(name).value_or("");
    if (digits.empty()) return std::nullopt;
    std::int64_t number = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (error != std::errc() || stop != end)
        refuse(model::illegal(
            name, fmt::format("{} is '{}', which is not a whole number in decimal digits.", name,
                              escaped(digits, 64))));
    return number;
}

std::optional<bool> ParameterReader::optional_flag(std::string_view name) {
    note(name, ParameterForm::flag);
    const std::string_view value = find(name).value_or("");
    if (value.empty()) return std::nullopt;
    const std::string word = lower_case(value);
    if (word != "true" && word != "false")
        refuse(model::illegal(
            name, fmt::format("{} is '{}'; it can be true or false.", name, escaped(value, 64))));
    return word == "true";
}

bool ParameterReader::flag(std::string_view name, bool otherwise) {
    return optional_flag(name).value_or(otherwise);
}

model::OptionTexts ParameterReader::server_options() {
    model::OptionTexts texts;
    for (const model::ServerOption& option : model::server_options()) {
        note(option.name, form_of(option.form));
        const auto value = find(option.name);
        if (!value || (value->empty() && option.form != model::OptionForm::text)) continue;
        texts.emplace(option.name, *value);
    }
    return texts;
}

std::vector<std::size_t> ParameterReader::numbers(std::string_view name) {
    note(name, ParameterForm::objects);
    if (source_.log != nullptr) return {1};
    return numbers_below(name);
}

std::vector<std::size_t> ParameterReader::numbers_below(std::string_view name) {
    constexpr std::size_t largest = 1000;
    const std::string prefix = source_.prefix + std::string(name) + ".";
    std::vector<std::size_t> found;
    for (auto at = source_.values.lower_bound(prefix);
         at != source_.values.end() && at->first.starts_with(prefix); ++at) {
        const std::string_view rest = std::string_view(at->first).substr(prefix.size());
        const std::string_view digits = rest.substr(0, rest.find('.'));
        std::size_t number = 0;
        const char* end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, number);
        if (digits.starts_with('0') || error != std::errc() || stop != end || number > largest) {
            refuse(model::illegal(name, fmt::format("'{}' has no place in a list: members are "
                                                    "{}.1, {}.2 and so on.",
                                                    escaped(at->first, 64), name, name)));
            return {};
        }
        found.push_back(number);
    }
    std::ranges::sort(found);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

std::vector<std::string> ParameterReader::texts(std::string_view name) {
    note(name, ParameterForm::texts);
    std::vector<std::string> values;
    for (const std::size_t number : numbers_below(name))
        values.push_back(required(fmt::format("{}.{}", name, number)));
    return values;
}

model::Tags ParameterReader::tags(std::string_view name) {
    note(name, ParameterForm::tags);
    model::Tags tags;
    for (const std::size_t number : numbers_below(name))
        tags.push_back({.key = text(fmt::format("{}.{}.Key", name, number)),
                        .value = text(fmt::format("{}.{}.Value", name, number))});
    return tags;
}

Parameters ParameterReader::below(std::string_view prefix) {
    note(prefix, ParameterForm::object);
    const std::string whole = source_.prefix + std::string(prefix) + ".";
    Parameters values;
    for (auto at = source_.values.lower_bound(whole);
         at != source_.values.end() && at->first.starts_with(whole); ++at)
        values.emplace(at->first.substr(whole.size()), at->second);
    return values;
}

ParameterReader ParameterReader::inside(std::string_view prefix) const {
    return ParameterReader(ParameterSource{.values = source_.values,
                                           .log = source_.log,
                                           .prefix = source_.prefix + std::string(prefix) + "."});
}

Parameters ParameterReader::json(std::string_view name) {
    const std::string_view document = find(name).value_or("");
    if (document.empty()) return below(name);
    auto values = flat_json(document);
    if (values) return std::move(*values);
    refuse(model::illegal(name, fmt::format("{} is not one JSON object of names and plain values "
                                            "({}); write it as in {{\"Name\":\"value\"}}.",
                                            name, values.error())));
    return {};
}

std::string ParameterReader::region() {
    const std::string value = required("RegionId");
    if (!model::is_region(value))
        refuse(model::not_found("InvalidRegionId.NotFound", "region", value));
    return value;
}

std::optional<std::uint32_t> ParameterReader::page_number(std::string_view name) {
    const auto number = optional_number(name);
    if (!number) return std::nullopt;
    // What is out of range becomes 0, which the use case refuses with the rule.
    if (*number < 0 || *number > std::numeric_limits<std::uint32_t>::max()) return 0;
    return static_cast<std::uint32_t>(*number);
}

usecases::PageRequest ParameterReader::page() {
    usecases::PageRequest request;
    request.number = page_number("PageNumber").value_or(request.number);
    request.size = page_number("PageSize").value_or(request.size);
    return request;
}

}  // namespace kanmon::api
