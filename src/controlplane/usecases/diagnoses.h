// Looking at IPsec connections: what of the configuration stands in their way, computed from what
// the control plane holds. Results are kept, `model::diagnoses_max` of a gateway.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

struct DiagnoseVpnGateway {
    std::string gateway = {};
    std::string kind = {};         // ResourceType: IPsec
    std::string connection = {};   // ResourceId
    std::string source = {};       // PrivateSourceIp, an address of the VPC's side; empty: none
    std::string destination = {};  // PrivateDestinationIp, of the other site; empty: none
};
struct GetDiagnosis {
    std::string gateway = {};  // empty: any
    std::string id = {};       // empty: the newest of the gateway
};
struct DiagnoseVpnConnections {
    std::string gateway = {};                   // empty: any
    std::vector<std::string> connections = {};  // ids; of these all tunnels
    std::vector<std::string> tunnels = {};      // ids
    PageRequest page = {};
};
struct TunnelDiagnosis {
    model::VpnConnectionId connection = {};
    model::IpsecTunnelId tunnel = {};
    UnixTime since{};
};

class Diagnoses {
public:
    explicit Diagnoses(Ports& ports) : ports_(ports) {}

    /// InvalidVpnGatewayInstanceId.NotFound, InvalidVpnConnectionInstanceId.NotFound (404),
    /// IllegalParam.ResourceType, IllegalParam.ResourceId, IllegalParam.IPsecExtendInfo.
    Outcome<model::DiagnosisId> make(const Call& call, const DiagnoseVpnGateway& request);
    /// InvalidDiagnoseId.NotFound (404).
    Outcome<model::Diagnosis> find(const Call& call, const GetDiagnosis& request);
    /// One row a tunnel. InvalidTunnelId.NotFound (404), MissingVpnConnectionIds.
    Outcome<Page<TunnelDiagnosis>> tunnels(const Call& call, const DiagnoseVpnConnections& request);

private:
    Ports& ports_;
};

}  // namespace kanmon::usecases
