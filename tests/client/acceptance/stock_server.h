// A stock OpenVPN server in a network namespace that lives and dies with this process.
#pragma once

#include <string>
#include <vector>

#include "dataplane/crypto/openssl_tls.h"

namespace kanmon::client {

/// This process (and what it starts) sees only a loopback interface from now on.
void enter_own_network();

/// A temporary folder that is removed with everything in it.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string write(const std::string& name, std::string_view content) const;
    std::string path(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

class StockServer {
public:
    /// Several may run at once, each with its own number (1 to 200): port and tunnel network follow
    /// from it. `options` come after the common ones, and over them.
    StockServer(std::uint8_t number, const std::vector<std::string>& options);
    ~StockServer();
    StockServer(const StockServer&) = delete;
    StockServer& operator=(const StockServer&) = delete;

    std::uint16_t port() const { return static_cast<std::uint16_t>(11940 + number_); }
    std::string tunnel_address() const { return "10.8." + std::to_string(number_) + ".1"; }
    const crypto::TlsClientCredentials& credentials() const { return credentials_; }
    std::string log() const;
    /// Waits until the server's log holds the text; false after ten seconds.
    bool says(std::string_view text) const;

private:
    std::uint8_t number_;
    Folder folder_;
    crypto::TlsClientCredentials credentials_;
    std::string path_of_log() const { return folder_.path("log"); }

    int process_ = 0;
};

}  // namespace kanmon::client
