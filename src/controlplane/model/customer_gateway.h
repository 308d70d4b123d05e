// The other side of an IPsec connection: the address of a gateway at a site of the customer's.
#pragma once

#include <string>
#include <string_view>

#include "base/address.h"
#include "base/bytes.h"
#include "base/time.h"
#include "controlplane/model/id.h"
#include "controlplane/model/outcome.h"

namespace kanmon::model {

struct CustomerGateway {
    CustomerGatewayId id;
    AccountId account;
    std::string region;
    std::string name;
    std::string description;
    std::string resource_group;
    Ipv4 address;
    std::uint32_t asn = 0;   // 0: none, so no dynamic routing
    Buffer sealed_auth_key;  // of dynamic routing, sealed; empty: none
    UnixTime created_at{};
    friend bool operator==(const CustomerGateway&, const CustomerGateway&) = default;
};

/// An address that can be another site's. InvalidIpAddress.WrongFormat, IllegalParam.IpAddress.
Outcome<Ipv4> check_customer_address(std::string_view text);
/// 1 - 4294967295 but for 45104, also as two halves, 1.2345. IllegalParam.Asn.
Outcome<std::uint32_t> check_asn(std::string_view text);
/// 1-64 printable ASCII characters without space and question mark. IllegalParam.AuthKey.
Outcome<void> check_auth_key(std::string_view key);

}  // namespace kanmon::model
