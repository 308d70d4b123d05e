// What the operator of the installation should know of: events of the installation's account.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

struct OperatorEvent {
    std::string kind;     // "AuditLogChanged"
    std::string message;  // one sentence, with what to do
    std::string mark;     // `EventWrite::mark`
    std::chrono::seconds told_once_for{};
};

/// With the turn. What cannot be stored is not told.
void tell_operator(Ports& ports, const OperatorEvent& event, UnixTime wall);

}  // namespace kanmon::usecases
