#include "controlplane/api/flat_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace kanmon::api {
namespace {

using Json = nlohmann::json;

bool is_plain(std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// Told of each piece as it is read; the first that does not fit ends it.
class FlatReader final : public nlohmann::json_sax<Json> {
public:
    bool null() override { return inside("a value stands alone"); }
    bool boolean(bool value) override { return take(value ? "true" : "false"); }
    bool number_integer(number_integer_t value) override { return take(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return take(std::to_string(value)); }
    bool number_float(number_float_t, const string_t& written) override { return take(written); }
    bool string(string_t& value) override { return take(value); }
    bool binary(binary_t&) override { return stop("binary values"); }
    bool start_object(std::size_t) override {
        if (open_) return stop("objects inside each other");
        open_ = true;
        return true;
    }
    bool key(string_t& name) override {
        if (!is_plain(name) || name.empty()) return stop("a name with control characters, or none");
        name_ = name;
        return true;
    }
    bool end_object() override { return true; }
    bool start_array(std::size_t) override { return stop("a list"); }
    bool end_array() override { return true; }
    bool parse_error(std::size_t at, const std::string&, const Json::exception&) override {
        return stop("broken at character " + std::to_string(at));
    }

    Parameters values;
    std::string wrong;

private:
    bool stop(std::string what) {
        if (wrong.empty()) wrong = std::move(what);
        return false;
    }
    bool inside(std::string what) { return open_ || stop(std::move(what)); }
    bool take(const std::string& value) {
        if (!inside("a value stands alone")) return false;
        if (!is_plain(value)) return stop("a value with control characters");
        if (!values.emplace(name_, value).second) return stop("a name stands there twice");
        return values.size() <= flat_json_names_max || stop("too many names");
    }

    bool open_ = false;
    std::string name_;
};

}  // namespace

Expected<Parameters, std::string> flat_json(std::string_view document) {
    FlatReader reader;
    if (Json::sax_parse(document.begin(), document.end(), &reader)) return std::move(reader.values);
    return unexpected(reader.wrong.empty() ? std::string("not JSON") : reader.wrong);
}

}  // namespace kanmon::api
