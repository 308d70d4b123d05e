// F19: the body of a call by JSON.
//
// What was read has names of letters, digits and dots, values that a form could have, and no more
// of either than the limits; what was refused has a code and one sentence.
#include <algorithm>
#include <cstdlib>

#include "base/bytes.h"
#include "controlplane/api/json_body.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace kanmon;
    const std::string body = as_text(std::as_bytes(std::span(data, size)));
    const auto read = api::json_parameters(body);
    if (!read) {
        if (read.error().code.empty() || read.error().message.size() > 1024) std::abort();
        return 0;
    }
    if (read->size() > api::parameters_max) std::abort();
    std::string form = api::canonical_form(*read);
    api::Parameters again;
    if (!api::add_form(again, form) || again != *read) std::abort();
    for (const auto& [name, value] : *read) {
        const auto levels = static_cast<std::size_t>(std::ranges::count(name, '.')) + 1;
        if (levels > api::json_depth_max || name.find("..") != std::string::npos) std::abort();
    }
    return 0;
}
