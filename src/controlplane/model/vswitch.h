// A part of a VPC's network, as the vendor's tools divide it. Nothing is switched by it: it records
// which addresses of the VPC are in use, so that a clash can name them.
#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "controlplane/model/id.h"
#include "controlplane/model/outcome.h"
#include "controlplane/model/vpc.h"

namespace kanmon::model {

struct VSwitch {
    VSwitchId id;
    AccountId account;
    VpcId vpc;
    std::string zone;
    Cidr cidr;
    std::string name;
    std::string description;
    UnixTime created_at{};
    friend bool operator==(const VSwitch&, const VSwitch&) = default;
};

/// The original keeps the first and the last three addresses of each.
inline constexpr std::uint32_t vswitch_addresses_kept = 4;

/// A network /8-/29 inside the VPC that overlaps none of `others`, all of the same VPC.
/// IllegalParam.CidrBlock, naming what it clashes with and a network that would do.
Outcome<Cidr> check_vswitch_cidr(std::string_view text, const Vpc& vpc,
                                 const std::vector<VSwitch>& others);
/// "cn-hangzhou-a": the region, a dash, and something that names a zone of it. Zones are names
/// only. IllegalParam.ZoneId.
Outcome<void> check_zone(std::string_view zone, std::string_view region);
/// The zones that every region is said to have.
std::vector<std::string> zones_of(std::string_view region);

}  // namespace kanmon::model
