#include "client/acceptance/stock_server.h"

#include <fcntl.h>
#include <net/if.h>
#include <openssl/evp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "dataplane/crypto/test_authority.h"

namespace kanmon::client {

void enter_own_network() {
    if (::unshare(CLONE_NEWNET) != 0) throw std::runtime_error("no network namespace of our own");
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0)
        throw std::runtime_error("cannot set the loopback interface up");
}

Folder::Folder() {
    std::string name = std::filesystem::temp_directory_path() / "kanmon-client-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string Folder::write(const std::string& name, std::string_view content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
}

/// PEM of a tls-crypt-v2 server key.
std::string v2_key_text(Bytes key) {
    std::string base64(4 * ((key.size() + 2) / 3) + 1, '\0');
    const int length = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                                         reinterpret_cast<const unsigned char*>(key.data()),
                                         static_cast<int>(key.size()));
    base64.resize(static_cast<std::size_t>(length));
    std::string text = "-----BEGIN OpenVPN tls-crypt-v2 server key-----\n";
    for (std::size_t at = 0; at < base64.size(); at += 64) text += base64.substr(at, 64) + "\n";
    return text + "-----END OpenVPN tls-crypt-v2 server key-----\n";
}

std::vector<std::string> StockServer::wrapping_words(const WrappingPair& wrapping) const {
    const bridge::ControlWrapping& ours = wrapping.server();
    const auto static_key_file = [&] {
        return folder_.write("ta.key", crypto::format_static_key(wrapping.client().key));
    };
    switch (ours.kind) {
        case bridge::Wrapping::none:
            return {};
        case bridge::Wrapping::tls_auth:
            if (!ours.directed) return {"--auth", ours.digest, "--tls-auth", static_key_file()};
            return {"--auth", ours.digest, "--tls-auth", static_key_file(), "0"};
        case bridge::Wrapping::tls_crypt:
            return {"--tls-crypt", static_key_file()};
        case bridge::Wrapping::tls_crypt_v2:
            return {"--tls-crypt-v2", folder_.write("v2.key", v2_key_text(ours.key.view()))};
    }
    return {};
}

StockServer::StockServer(const WrappingPair& wrapping, std::uint8_t number,
                         const std::vector<std::string>& options)
    : number_(number) {
    const testing::TestAuthority authority("acceptance");
    const testing::Issued server = authority.issue(
        {.common_names = {"server"}, .purpose = testing::Purpose::server, .serial = 1});
    const testing::Issued client = authority.issue({.common_names = {"laptop"}, .serial = 2});
    credentials_ = {.ca_certificate_pem = authority.certificate_pem(),
                    .certificate_pem = client.certificate_pem,
                    .private_key_pem = client.key_pem};
    std::vector<std::string> words{"openvpn",
                                   "--dev",
                                   "tun",
                                   "--mode",
                                   "server",
                                   "--tls-server",
                                   "--topology",
                                   "net30",
                                   "--server",
                                   to_string(Ipv4{address().value - 1}),
                                   "255.255.255.0",
                                   "--proto",
                                   "udp",
                                   "--local",
                                   "127.0.0.1",
                                   "--port",
                                   std::to_string(port()),
                                   "--ca",
                                   folder_.write("ca.crt", authority.certificate_pem()),
                                   "--cert",
                                   folder_.write("server.crt", server.certificate_pem),
                                   "--key",
                                   folder_.write("server.key", as_text(server.key_pem.view())),
                                   "--dh",
                                   "none",
                                   "--duplicate-cn",
                                   "--keepalive",
                                   "2",
                                   "20",
                                   "--reneg-sec",
                                   "10",
                                   "--data-ciphers",
                                   "AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305:AES-128-CBC",
                                   "--data-ciphers-fallback",
                                   "AES-128-CBC",
                                   "--disable-dco",
                                   "--verb",
                                   "4",
                                   "--log",
                                   path_of_log()};
    for (std::string& word : wrapping_words(wrapping)) words.push_back(std::move(word));
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    process_ = ::fork();
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::execvp("openvpn", arguments.data());
        ::_exit(127);
    }
    if (!says("Initialization Sequence Completed"))
        throw std::runtime_error("the stock server did not start:\n" + log());
}

StockServer::~StockServer() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
}

std::string StockServer::log() const {
    std::ifstream in(path_of_log(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

bool StockServer::says(std::string_view text) const {
    for (int tenths = 0; tenths < 100; ++tenths) {
        if (log().find(text) != std::string::npos) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
}

}  // namespace kanmon::client
