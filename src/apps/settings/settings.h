// What an operator sets for one kanmond: the values. setting_table.h says how each is called, what
// it may be and where else it can be given.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kanmon::apps {

struct Settings {
    std::string state = "/var/lib/kanmon";
    std::string run = "/run/kanmon";
    std::string api_listen = "127.0.0.1:8443";
    std::string certificate_file = {};  // both empty: one is made
    std::string key_file = {};
    std::uint32_t http_loopback_port = 0;  // 0: none
    std::uint32_t requests_per_second = 100;
    std::uint32_t requests_at_once = 200;
    std::vector<std::string> public_addresses = {};
    std::uint32_t shards = 0;       // 0: one a processor
    std::uint32_t tls_workers = 0;  // 0: kanmon-data's own choice
    std::uint32_t log_megabytes = 80;
    std::uint32_t log_days = 90;
    std::uint32_t traffic_megabytes = 200;
    std::string data_user = "64241";
    std::string control_user = "64242";
    std::string group = "64240";
    bool syslog = false;
    std::string syslog_socket = "/dev/log";
    std::string webhook_url = {};  // empty: none
    std::string webhook_secret_file = {};
    std::string webhook_ca_file = {};  // empty: the system's authorities
    std::vector<std::string> webhook_private_networks = {};
    friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace kanmon::apps
