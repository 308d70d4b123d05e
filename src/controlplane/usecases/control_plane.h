// The whole control plane without its rim: what the HTTP side and the process's loop talk to.
#pragma once

#include "controlplane/usecases/access_rules.h"
#include "controlplane/usecases/accounts.h"
#include "controlplane/usecases/assignments.h"
#include "controlplane/usecases/attempts.h"
#include "controlplane/usecases/bearer_tokens.h"
#include "controlplane/usecases/bundle_links.h"
#include "controlplane/usecases/client_certificates.h"
#include "controlplane/usecases/client_flows.h"
#include "controlplane/usecases/clients.h"
#include "controlplane/usecases/customer_gateways.h"
#include "controlplane/usecases/diagnoses.h"
#include "controlplane/usecases/directory.h"
#include "controlplane/usecases/events.h"
#include "controlplane/usecases/findings.h"
#include "controlplane/usecases/idaas.h"
#include "controlplane/usecases/logins.h"
#include "controlplane/usecases/monitoring.h"
#include "controlplane/usecases/route_tables.h"
#include "controlplane/usecases/server_authorities.h"
#include "controlplane/usecases/ssl_servers.h"
#include "controlplane/usecases/tagging.h"
#include "controlplane/usecases/vpcs.h"
#include "controlplane/usecases/vpn_connections.h"
#include "controlplane/usecases/vpn_gateways.h"
#include "controlplane/usecases/vpn_routes.h"
#include "controlplane/usecases/vswitches.h"

namespace kanmon::usecases {

struct ControlPlane {
    explicit ControlPlane(Ports& ports)
        : books(ports.books),
          accounts(ports),
          bearer_tokens(ports),
          vpcs(ports),
          vswitches(ports),
          route_tables(ports),
          vpn_gateways(ports),
          customer_gateways(ports),
          vpn_connections(ports),
          vpn_routes(ports),
          diagnoses(ports),
          tagging(ports),
          clients(ports),
          client_flows(ports, clients),
          user_sessions(ports, clients),
          ssl_servers(ports, clients, user_sessions),
          access_rules(ports),
          client_certificates(ports),
          bundle_links(ports),
          server_authorities(ports),
          events(ports),
          certificate_watch(ports),
          attempts(ports),
          monitoring(ports),
          findings(ports, clients, monitoring),
          idaas(ports, user_sessions),
          assignments(ports, user_sessions),
          directory(ports),
          logins(ports, directory) {}

    Books& books;  // to settle a change before somebody is told of it
    Accounts accounts;
    BearerTokens bearer_tokens;
    Vpcs vpcs;
    VSwitches vswitches;
    RouteTables route_tables;
    VpnGateways vpn_gateways;
    CustomerGateways customer_gateways;
    VpnConnections vpn_connections;
    VpnRoutes vpn_routes;
    Diagnoses diagnoses;
    Tagging tagging;
    Clients clients;
    ClientFlows client_flows;
    UserSessions user_sessions;
    SslServers ssl_servers;
    AccessRules access_rules;
    ClientCertificates client_certificates;
    BundleLinks bundle_links;
    ServerAuthorities server_authorities;
    Events events;
    CertificateWatch certificate_watch;
    Attempts attempts;
    Monitoring monitoring;
    Findings findings;
    Idaas idaas;
    Assignments assignments;
    Directory directory;
    Logins logins;
};

}  // namespace kanmon::usecases
