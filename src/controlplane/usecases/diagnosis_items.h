// The seven items of a diagnosis, in the original's order and under its names.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

/// What is looked at.
struct Patient {
    const model::VpnGateway& gateway;
    const model::VpnConnection& connection;
    std::optional<Ipv4> source = {};       // whose packets are meant
    std::optional<Ipv4> destination = {};  // and to whom
};

std::vector<model::DiagnosisItem> diagnosis_items(Ledger& ledger, const Installation& installation,
                                                  const Patient& patient);

}  // namespace kanmon::usecases
