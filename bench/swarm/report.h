// What a mode has to say: text for people on standard error, one line of JSON on standard output.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "swarm/tally.h"

namespace kanmon::swarm {

/// A line for people, at once.
void say(const std::string& line);

/// Of this process: seconds of CPU so far, and kilobytes resident.
double own_cpu_seconds();
double own_resident_kilobytes();

/// Adds what the tally holds under names with their units.
void add_tally(nlohmann::ordered_json& result, Tally& tally);
/// The same as a few lines.
std::string text_of(Tally& tally);
void print_result(const nlohmann::ordered_json& result);

}  // namespace kanmon::swarm
