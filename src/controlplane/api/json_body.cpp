#include "controlplane/api/json_body.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/escape.h"

namespace kanmon::api {
namespace {

using Json = nlohmann::json;

constexpr std::size_t name_octets_max = 64;
constexpr int number_out_of_range = 406;  // of the library's errors

/// A dot would make two ways to write one name.
bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= name_octets_max && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '_' || c == '-';
    });
}

/// Told of each piece as it is read; the first that does not fit ends it.
class BodyReader final : public nlohmann::json_sax<Json> {
public:
    bool null() override { return begin_value(); }
    bool boolean(bool value) override { return take(value ? "true" : "false"); }
    bool number_integer(number_integer_t value) override { return take(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return take(std::to_string(value)); }
    bool number_float(number_float_t, const string_t& written) override { return take(written); }
    bool string(string_t& value) override { return take(value); }
    bool binary(binary_t&) override { return stop("binary values have no place here"); }
    bool start_object(std::size_t) override { return open(false); }
    bool start_array(std::size_t) override { return open(true); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override;
    bool parse_error(std::size_t at, const std::string&, const Json::exception& error) override {
        if (error.id == number_out_of_range) return stop("the number is out of range");
        return stop(fmt::format("it is not JSON from character {} on", at));
    }

    Parameters values;
    std::optional<model::Refusal> wrong;

private:
    /// An object or array that is being read.
    struct Level {
        std::string path;
        bool is_array = false;
        std::size_t place = 0;             // in an array
        std::set<std::string> names = {};  // in an object
    };

    bool stop(const std::string& what) {
        if (wrong) return false;
        const std::string where = path_.empty() ? "The body" : "In the body, " + escaped(path_, 64);
        wrong = model::refuse("InvalidJson", fmt::format("{}: {}. A body is one JSON object, as in "
                                                         "{{\"Name\":\"value\"}}.",
                                                         where, what))
                    .value();
        return false;
    }
    bool begin_value();
    bool take(const std::string& value);
    bool open(bool is_array);
    bool close() {
        levels_.pop_back();
        path_ = levels_.empty() ? std::string() : levels_.back().path;
        return true;
    }

    std::vector<Level> levels_;
    std::string path_;  // of what is being read: "Tag.1.Key"
    std::size_t values_ = 0;
};

bool BodyReader::key(string_t& name) {
    Level& level = levels_.back();
    const std::string before = level.path.empty() ? std::string() : level.path + ".";
    path_ = before + name;
    if (!is_name(name))
        return stop(
            fmt::format("a name has 1 to {} letters and digits; objects inside each other "
                        "are written as such, not with dots",
                        name_octets_max));
    if (!level.names.insert(name).second) return stop("the name stands there twice");
    return true;
}

bool BodyReader::begin_value() {
    if (levels_.empty()) return stop("a value stands alone");
    Level& level = levels_.back();
    if (level.is_array) path_ = level.path + "." + std::to_string(++level.place);
    return ++values_ <= json_values_max ||
           stop(fmt::format("there are more than {} values", json_values_max));
}

bool BodyReader::take(const std::string& value) {
    if (!begin_value()) return false;
    const auto added = add_parameter(values, path_, value);
    if (!added) wrong = added.error();
    return added.has_value();
}

bool BodyReader::open(bool is_array) {
    if (levels_.empty()) {
        if (is_array) return stop("a list stands alone");
    } else if (!begin_value()) {
        return false;
    }
    if (levels_.size() == json_depth_max)
        return stop(fmt::format("there are more than {} objects and arrays inside each other",
                                json_depth_max));
    levels_.push_back({.path = path_, .is_array = is_array});
    return true;
}

}  // namespace

model::Outcome<Parameters> json_parameters(std::string_view body) {
    if (body.empty()) return Parameters();
    BodyReader reader;
    if (Json::sax_parse(body.begin(), body.end(), &reader)) return std::move(reader.values);
    return unexpected(*reader.wrong);
}

}  // namespace kanmon::api
