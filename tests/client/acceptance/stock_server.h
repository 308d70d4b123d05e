// A stock OpenVPN server in a network namespace that lives and dies with this process.
#pragma once

#include <string>
#include <vector>

#include "client/wrapping_pair.h"
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
    /// Each of several servers has another number, and with it its own port and network. `options`
    /// come after the common ones, and over them.
    StockServer(const WrappingPair& wrapping, std::uint8_t number,
                const std::vector<std::string>& options);
    ~StockServer();
    StockServer(const StockServer&) = delete;
    StockServer& operator=(const StockServer&) = delete;

    const crypto::TlsClientCredentials& credentials() const { return credentials_; }
    std::uint16_t port() const { return static_cast<std::uint16_t>(11940 + number_); }
    Ipv4 address() const { return {0x0a080001U + (std::uint32_t{number_} << 16)}; }
    std::string log() const;
    /// Waits until the server's log holds the text; false after ten seconds.
    bool says(std::string_view text) const;

private:
    std::vector<std::string> wrapping_words(const WrappingPair& wrapping) const;

    std::uint8_t number_;
    Folder folder_;
    crypto::TlsClientCredentials credentials_;
    std::string path_of_log() const { return folder_.path("log"); }

    int process_ = 0;
};

}  // namespace kanmon::client
