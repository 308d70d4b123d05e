#include "swarm/options.h"

#include <netdb.h>
#include <sys/resource.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/clock.h"
#include "dataplane/io/socket_address.h"

namespace kanmon::swarm {

namespace {

/// Epoll, standard streams, a TUN device, and some to spare.
constexpr rlim_t descriptors_besides = 32;

Expected<std::string, std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(in), {}};
    if (!in.is_open() || content.empty())
        return unexpected(path + ": there is no such file, or it is empty or cannot be read");
    return content;
}

Expected<Profile, std::string> profile_in(const std::string& path) {
    const auto text = read_file(path);
    if (!text) return unexpected(text.error());
    const auto folder = std::filesystem::path(path).parent_path();
    auto profile = read_profile(
        *text, [&folder](const std::string& name) { return read_file(folder / name); });
    if (!profile) return unexpected(path + ", " + profile.error());
    return profile;
}

Expected<Endpoint, std::string> resolve(const Remote& remote) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    const std::string port = std::to_string(remote.port);
    const int failure = ::getaddrinfo(remote.host.c_str(), port.c_str(), &wanted, &found);
    if (failure != 0) return unexpected("remote " + remote.host + ": " + ::gai_strerror(failure));
    sockaddr_storage address{};
    std::memcpy(&address, found->ai_addr, std::min<std::size_t>(found->ai_addrlen, sizeof address));
    ::freeaddrinfo(found);
    return io::read_address(address);
}

Expected<LinkAddresses, std::string> place_of(const Profile& profile, const std::string& path,
                                              std::optional<bool> tcp) {
    const Remote* remote = tcp ? profile.first(*tcp) : &profile.remotes.front();
    if (remote == nullptr)
        return unexpected(path + ": no remote speaks " + (*tcp ? "TCP" : "UDP") +
                          "; choose the other protocol by --proto");
    const auto server = resolve(*remote);
    if (!server) return unexpected(path + ": " + server.error());
    return LinkAddresses{.server = *server, .source = std::nullopt, .tcp = remote->tcp};
}

/// A program like OpenVPN 2.6 that offers these ciphers. Personalities are borrowed for ever.
const client::Personality* program(const CommonOptions& options) {
    static std::deque<std::string> words;
    static std::deque<client::Personality> programs;
    client::Personality own = client::openvpn_2_6;
    own.name = "swarm";
    own.peer_info = words.emplace_back(with_ciphers(own.peer_info, options.ciphers));
    own.peer_info_renegotiated = own.peer_info;
    return &programs.emplace_back(own);
}

Expected<client::ClientSettings, std::string> settings_of(const Profile& profile,
                                                          const CommonOptions& options, bool tcp,
                                                          const std::string& path) {
    auto tls = crypto::openssl_client(profile.credentials, [] { return unix_now(); });
    if (!tls) return unexpected(path + ": " + tls.error());
    client::ClientSettings settings;
    settings.personality = program(options);
    settings.stream = tcp;
    settings.tls = std::move(*tls);
    settings.hand_window = std::chrono::seconds(options.give_up_seconds);
    settings.renegotiate_every = std::chrono::seconds(options.renegotiate_seconds);
    settings.wrapping = profile.wrapping;
    settings.unix_seconds = static_cast<std::uint32_t>(seconds_of(unix_now()));
    settings.username = options.username;
    if (profile.wants_password && options.username.empty())
        return unexpected(path + " asks for a login: give --username and --password-file");
    if (options.password_file.empty()) return settings;
    const auto password = read_file(options.password_file);
    if (!password) return unexpected(password.error());
    settings.password = password->substr(0, password->find('\n'));
    return settings;
}

Expected<std::vector<Ipv6>, std::string> sources_of(const CommonOptions& options) {
    std::vector<Ipv6> sources;
    for (const std::string& text : options.sources) {
        if (const auto v4 = parse_ipv4(text))
            sources.push_back(Endpoint::v4(*v4, 0).address);
        else if (const auto v6 = parse_ipv6(text))
            sources.push_back(*v6);
        else
            return unexpected("--source " + text + " is no address");
    }
    return sources;
}

Expected<void, std::string> check_ciphers(const std::string& ciphers) {
    std::string_view rest = ciphers;
    while (!rest.empty()) {
        const std::string_view name = rest.substr(0, rest.find(':'));
        const auto suite = crypto::cipher_suite_of(name);
        if (!suite || !crypto::is_aead(*suite))
            return unexpected("--ciphers " + std::string(name) +
                              ": AES-256-GCM, AES-192-GCM, AES-128-GCM and CHACHA20-POLY1305 are "
                              "known, separated by colons");
        rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    }
    return {};
}

}  // namespace

std::string with_ciphers(std::string_view peer_info, std::string_view ciphers) {
    constexpr std::string_view name = "IV_CIPHERS=";
    const std::size_t begin = peer_info.find(name) + name.size();
    const std::size_t end = peer_info.find('\n', begin);
    return std::string(peer_info.substr(0, begin)).append(ciphers).append(peer_info.substr(end));
}

Expected<CrowdPlan, std::string> make_plan(const CommonOptions& options) {
    CrowdPlan plan;
    plan.clients = options.clients;
    plan.per_second = options.per_second;
    plan.burst = options.burst;
    if (const auto known = check_ciphers(options.ciphers); !known) return unexpected(known.error());
    for (const std::string& path : options.profiles) {
        const auto profile = profile_in(path);
        if (!profile) return unexpected(profile.error());
        auto place = place_of(*profile, path, options.tcp);
        if (!place) return unexpected(place.error());
        auto settings = settings_of(*profile, options, place->tcp, path);
        if (!settings) return unexpected(settings.error());
        plan.places.push_back(*place);
        plan.identities.push_back(std::move(*settings));
    }
    auto sources = sources_of(options);
    if (!sources) return unexpected(sources.error());
    plan.sources = std::move(*sources);
    return plan;
}

Expected<void, std::string> make_room_for(std::uint32_t clients) {
    const rlim_t needed = clients + descriptors_besides;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= needed) return {};
    const rlimit wanted{.rlim_cur = needed, .rlim_max = std::max(limit.rlim_max, needed)};
    if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) return {};
    return unexpected(std::to_string(clients) + " clients need " + std::to_string(needed) +
                      " descriptors, and this process may have " + std::to_string(limit.rlim_max) +
                      " (ulimit -n): raise that, or ask for fewer clients");
}

}  // namespace kanmon::swarm
