// What is configured in a VPC, as the rules of model/vpc_plan.h want it.
#pragma once

#include "controlplane/model/vpc_plan.h"
#include "controlplane/usecases/books.h"

namespace kanmon::usecases {

/// What is left out, because it is what is being checked. Empty ids leave nothing out.
struct Unplanned {
    model::SslServerId server = {};
    model::VpnConnectionId connection = {};
    model::VpnRouteId route = {};
};

model::VpcPlan plan_beside(Ledger& ledger, const model::VpnGateway& gateway,
                           const Unplanned& without);

/// One for each remote network; none where routes decide.
std::vector<model::Destination> destinations_of(const model::VpnConnection& connection);
model::Destination destination_of(const model::VpnRoute& route);

}  // namespace kanmon::usecases
