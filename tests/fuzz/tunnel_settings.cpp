// What two sites agree on, as callers of the API write it: one JSON object of any text; and as it
// lies in the store.
//
// The first octet chooses: the store, a group of settings, or the health check. What was taken
// comes back from the store with the same meaning.
#include <cstdlib>

#include "controlplane/api/flat_json.h"
#include "controlplane/model/vpn_connection.h"

namespace {

using namespace kanmon;

void keep(const model::TunnelSettings& settings) {
    if (model::tunnel_settings_of(model::stored_text(settings)) != settings) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string text = as_text(std::as_bytes(std::span(data, size).subspan(1)));
    if (data[0] % 5 == 0) {
        if (const auto settings = model::tunnel_settings_of(text)) keep(*settings);
        return 0;
    }
    const auto texts = api::flat_json(text);
    if (!texts) return 0;
    if (texts->size() > api::flat_json_names_max) std::abort();
    for (const auto& [name, value] : *texts)
        if (name.empty() || (name + value).find('\n') != std::string::npos) std::abort();
    if (data[0] % 5 == 4) {
        model::HealthCheck health;
        if (model::write_health_check(health, *texts) && health.enabled && health.source.empty())
            std::abort();
        return 0;
    }
    model::TunnelSettings settings;
    const auto group = static_cast<model::TunnelGroup>(data[0] % 5 - 1);
    if (model::write_settings(settings, group, "Config", *texts)) keep(settings);
    return 0;
}
