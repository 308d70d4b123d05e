// Which addresses this host may call when somebody outside of it chose the name: not itself, not
// its own networks, not what a cloud keeps beside it.
#pragma once

#include <vector>

#include "base/address.h"

namespace kanmon::model {

/// Networks that an operator allows although they are private.
struct AllowedTargets {
    std::vector<Cidr> v4;
    std::vector<Cidr6> v6;
};

/// True for addresses of the public internet and for those that are allowed. An IPv6 address that
/// stands for an IPv4 one is judged as that one.
bool may_be_called(const Endpoint& target, const AllowedTargets& allowed);

}  // namespace kanmon::model
