// The settings of a server as callers of the API and as the store write them: any text.
//
// The first octet chooses the setting; 0 is the whole stored text. What a setting takes is shown as
// a text that it takes again with the same meaning, and comes back from the store.
#include <cstdlib>

#include "controlplane/model/option_table.h"

namespace {

using namespace kanmon;

void write_and_read(const model::ServerOption& option, const std::string& text) {
    model::ServerOptions options;
    if (!option.write(options, option.name, text)) return;
    const std::string shown = option.read(options);
    if (shown.find('\n') != std::string::npos) std::abort();
    model::ServerOptions again;
    if (!option.write(again, option.name, shown) || again != options) std::abort();
    if (model::options_of(model::stored_text(options)) != options) std::abort();
}

void store_and_read(const std::string& text) {
    const auto options = model::options_of(text);
    if (options && model::options_of(model::stored_text(*options)) != options) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string text = as_text(std::as_bytes(std::span(data, size).subspan(1)));
    const auto& table = model::server_options();
    const std::size_t chosen = data[0] % (table.size() + 1);
    if (chosen == 0)
        store_and_read(text);
    else
        write_and_read(table[chosen - 1], text);
    return 0;
}
