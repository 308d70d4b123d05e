// Networks as people write them, and the ranges that nobody may use.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "controlplane/model/outcome.h"

namespace kanmon::model {

/// One CIDR. A text with host bits is answered with the network that was meant.
/// IllegalParam.<parameter>.
Outcome<Cidr> read_cidr(std::string_view parameter, std::string_view text);

/// The same of IPv6.
Outcome<Cidr6> read_cidr6(std::string_view parameter, std::string_view text);

/// The parts of a comma-separated text, without the blanks around them.
std::vector<std::string> comma_separated(std::string_view text);

/// The first network of this prefix inside `range` that overlaps none of `taken`.
std::optional<Cidr> free_network(const Cidr& range, std::uint8_t prefix,
                                 const std::vector<Cidr>& taken);

struct ReservedRange {
    Cidr cidr;
    std::string_view what;
};

/// Ranges no client pool may touch; `shared_address_space` (100.64.0.0/10) among them.
const std::vector<ReservedRange>& reserved_for_pools();
/// Ranges no local network may touch.
const std::vector<ReservedRange>& reserved_for_local_networks();

}  // namespace kanmon::model
