// The parameters of a call as text: what makes a repeated call recognisable and what the audit row
// shows. Values are escaped; secrets never get here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/usecases/books.h"

namespace kanmon::usecases {

class Parameters {
public:
    Parameters& add(std::string_view name, std::string_view value);
    Parameters& add(std::string_view name, const std::string& value) {
        return add(name, std::string_view(value));
    }
    Parameters& add(std::string_view name, const char* value) {
        return add(name, std::string_view(value));
    }
    Parameters& add(std::string_view name, bool value) {
        return add(name, std::string_view(value ? "true" : "false"));
    }
    Parameters& add(std::string_view name, std::int64_t value) {
        return add(name, std::string_view(std::to_string(value)));
    }
    /// The values with commas between; one within a value is escaped.
    Parameters& add(std::string_view name, const std::vector<std::string>& values);
    /// Nothing is written for an absent value.
    template <class T>
    Parameters& add(std::string_view name, const std::optional<T>& value) {
        return value ? add(name, *value) : *this;
    }
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

Token token_of(const Call& call, std::string_view action, const Parameters& parameters);

}  // namespace kanmon::usecases
