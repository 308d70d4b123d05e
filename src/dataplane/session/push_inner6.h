// The part of PUSH_REPLY that gives a client IPv6 inside the tunnel. Pure.
//
// `tun-ipv6` is what 2.3 needs before it takes an IPv6 address at all; later clients pass over it.
// The address stands in the tail, beside the IPv4 one. Source: OpenVPN's manual, "IPv6 options".
#pragma once

#include "dataplane/session/push.h"

namespace kanmon::session {

/// Nothing for a server without IPv6 inside.
void push_routes6(std::vector<std::string>& options, const bridge::SslServer& server);
/// All of IPv6, for clients that cannot be told so by redirect-gateway.
void push_everything6(std::vector<std::string>& options);

/// The client's own address, and the gateway's as its peer.
void push_interface6(std::vector<std::string>& options, const bridge::SslServer& server,
                     const PushSubject& subject);

}  // namespace kanmon::session
