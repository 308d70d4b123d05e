// An IPsec connection as answers show it.
#pragma once

#include "controlplane/api/json_object.h"
#include "controlplane/usecases/vpn_connections.h"

namespace kanmon::api {

/// What Describe… answers, flat or as a row, without the tags: each calls them differently.
JsonObject connection_fields(const usecases::VpnConnectionView& view);
/// What ModifyVpnConnectionAttribute answers: numbers and flags as such also inside its tunnels.
JsonObject modified_connection_fields(const usecases::VpnConnectionView& view);
/// What ModifyTunnelAttribute answers, with numbers and flags as such.
JsonObject tunnel_fields(const usecases::VpnConnectionView& view, const usecases::TunnelView& one);
/// What the other site has to be told: each side's settings from its point of view.
JsonObject peer_config(const usecases::VpnConnectionView& view);

}  // namespace kanmon::api
