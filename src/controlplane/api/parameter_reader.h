// Reads an action's parameters with their types. The first thing wrong is remembered and names the
// parameter, the value and the rule; what is read after it has no meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/secret.h"
#include "controlplane/api/parameter_log.h"
#include "controlplane/model/option_table.h"
#include "controlplane/model/tag.h"
#include "controlplane/usecases/call.h"

namespace kanmon::api {

/// Of ASCII.
std::string lower_case(std::string_view text);

class ParameterReader {
public:
    explicit ParameterReader(const Parameters& parameters) : source_{parameters} {}
    explicit ParameterReader(ParameterSource source) : source_(std::move(source)) {}

    /// Missing<Name> when absent or empty.
    std::string required(std::string_view name);
    std::string text(std::string_view name);  // empty when absent
    std::optional<std::string> optional_text(std::string_view name);
    std::optional<SecretBuffer> optional_secret(std::string_view name);
    std::int64_t required_number(std::string_view name);
    std::optional<std::int64_t> optional_number(std::string_view name);
    /// "true" or "false", in any case. IllegalParam.<Name>.
    std::optional<bool> optional_flag(std::string_view name);
    bool flag(std::string_view name, bool otherwise);

    /// The server's settings that were sent. An empty number or flag is none.
    model::OptionTexts server_options();

    /// Name.1, Name.2 …: in the order of their numbers, gaps allowed. IllegalParam.<Name>.
    std::vector<std::string> texts(std::string_view name);
    /// Name.1.Key and Name.1.Value …
    model::Tags tags(std::string_view name);
    /// What begins with `prefix.`, without it: the plain values of an object inside.
    Parameters below(std::string_view prefix);
    /// Reads what begins with `prefix.`, without it: an object inside with values of many kinds.
    ParameterReader inside(std::string_view prefix) const;
    /// The numbers N of Name.N and Name.N.…, ascending. IllegalParam.<Name>.
    std::vector<std::size_t> numbers(std::string_view name);
    /// One JSON object of names and plain values, as text: {"Psk":"x","IkeLifetime":3600}; or what
    /// is below the name. Empty when absent. IllegalParam.<Name>.
    Parameters json(std::string_view name);

    /// RegionId: required; any region of this installation's choosing, so only its shape is
    /// checked. InvalidRegionId.NotFound (404).
    std::string region();
    usecases::PageRequest page();

    /// The value when nothing was wrong. Described (500) with a log.
    template <class T>
    model::Outcome<T> finish(T value) const {
        if (source_.log != nullptr) return unexpected(described());
        if (wrong_) return unexpected(*wrong_);
        return value;
    }

    static model::Refusal described();

private:
    void note(std::string_view name, ParameterForm form, bool required = false);
    std::vector<std::size_t> numbers_below(std::string_view name);
    void refuse(Unexpected<model::Refusal> refusal);
    std::optional<std::string_view> find(std::string_view name) const;
    std::optional<std::uint32_t> page_number(std::string_view name);

    ParameterSource source_;
    std::optional<model::Refusal> wrong_;
};

}  // namespace kanmon::api
