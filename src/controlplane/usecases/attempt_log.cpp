#include "controlplane/usecases/attempt_log.h"

#include <algorithm>
#include <array>

namespace kanmon::usecases {

namespace {

using bridge::Happening;

constexpr std::array<std::pair<Happening, std::string_view>, 7> happenings{
    {{Happening::refused, "refused"},
     {Happening::connected, "connected"},
     {Happening::negotiated, "negotiated"},
     {Happening::renegotiated, "renegotiated"},
     {Happening::moved, "moved"},
     {Happening::ended, "ended"},
     {Happening::denied, "denied"}}};
constexpr std::array<std::string_view, 7> stages{"reset",  "tls",       "key_exchange", "admission",
                                                 "pushed", "connected", "ended"};

}  // namespace

std::string room_of(const bridge::AttemptRecord& record) {
    if (record.known)
        return record.server_id + '/' +
               (record.common_name.empty() ? record.username : record.common_name);
    // A /24, or a /64: what one subscriber of a flood has.
    Endpoint network{record.remote.address, 0};
    const std::size_t significant = network.is_v4() ? 15 : 8;
    std::fill(network.address.octets.begin() + significant, network.address.octets.end(),
              std::uint8_t{0});
    return record.server_id + '/' + to_string(network);
}

bool has_cause(const bridge::AttemptRecord& record) {
    return record.happening == Happening::refused || record.happening == Happening::ended ||
           record.happening == Happening::denied;
}

std::string_view happening_text(Happening happening) {
    return happenings.at(static_cast<std::size_t>(happening)).second;
}

std::string_view stage_text(bridge::Stage stage) {
    return stages.at(static_cast<std::size_t>(stage));
}

std::optional<Happening> happening_of(std::string_view text) {
    for (const auto& [happening, word] : happenings)
        if (word == text) return happening;
    return std::nullopt;
}

}  // namespace kanmon::usecases
