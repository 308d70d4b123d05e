// What an action asks of its parameters, written down while it asks: so the description of the API
// is made of what the handlers do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/api/form.h"

namespace kanmon::api {

enum class ParameterForm : std::uint8_t {
    text,
    secret,  // a text that nobody should see
    number,
    flag,
    texts,   // Name.1, Name.2 ...
    tags,    // Name.1.Key, Name.1.Value ...
    object,  // plain values, whose names the model knows
    objects  // Name.1.Field ...: the fields are parameters of their own, with 1 for every number
};

struct AskedParameter {
    std::string name;
    ParameterForm form = ParameterForm::text;
    bool required = false;
    friend bool operator==(const AskedParameter&, const AskedParameter&) = default;
};

class ParameterLog {
public:
    /// Once more: a text that is then read as something else is that; required once is required.
    void note(std::string name, ParameterForm form, bool required);
    const std::vector<AskedParameter>& asked() const { return asked_; }

private:
    std::vector<AskedParameter> asked_;
};

/// Where a reader takes parameters from. With a log nothing is there and nothing is wrong; what was
/// asked for is noted, and `ParameterReader::finish` refuses, so that nothing runs.
struct ParameterSource {
    const Parameters& values;
    ParameterLog* log = nullptr;
    std::string prefix = {};  // stands before every name; with a dot at its end
};

}  // namespace kanmon::api
