// The settings of a server as callers of the API and as the store write them: any text.
//
// What a setting takes is shown as a text that it takes again with the same meaning, and comes back
// from the store; what the store does not recognise it does not read in part.
#include <cstdlib>

#include "controlplane/model/option_table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace kanmon;
    const std::string text = as_text(std::as_bytes(std::span(data, size)));
    for (const model::ServerOption& option : model::server_options()) {
        model::ServerOptions options;
        if (!option.write(options, option.name, text)) continue;
        const std::string shown = option.read(options);
        if (shown.find('\n') != std::string::npos) std::abort();
        model::ServerOptions again;
        if (!option.write(again, option.name, shown) || again != options) std::abort();
        if (model::options_of(model::stored_text(options)) != options) std::abort();
    }
    if (const auto options = model::options_of(text))
        if (model::options_of(model::stored_text(*options)) != options) std::abort();
    return 0;
}
