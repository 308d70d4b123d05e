#include "client/pushed.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "dataplane/wire/text_fields.h"

namespace kanmon::client {

namespace {

std::uint32_t number_of(std::string_view text) {
    std::uint32_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

void read_flag(Pushed& pushed, std::string_view flag) {
    if (flag == "cc-exit")
        pushed.control_exit = true;
    else if (flag == "tls-ekm")
        pushed.exported_keys = true;
    else if (flag == "dyn-tls-crypt")
        pushed.dynamic_tls_crypt = true;
    else if (flag == "aead-epoch")
        pushed.data_epoch = true;
}

void read_option(Pushed& pushed, std::string_view option) {
    wire::TextFields words(option, ' ');
    const std::string_view name = words.next().value_or("");
    const std::string_view first = words.next().value_or("");
    if (name == "ifconfig") {
        pushed.address = parse_ipv4(first).value_or(Ipv4{});
        pushed.ifconfig_second = words.next().value_or("");
    } else if (name == "ifconfig-ipv6") {
        pushed.address6 = parse_ipv6(first.substr(0, first.find('/')));
    } else if (name == "topology") {
        pushed.topology = first;
    } else if (name == "cipher") {
        pushed.cipher = first;
    } else if (name == "peer-id") {
        pushed.peer_id = number_of(first);
    } else if (name == "ping") {
        pushed.ping = std::chrono::seconds(number_of(first));
    } else if (name == "ping-restart") {
        pushed.ping_restart = std::chrono::seconds(number_of(first));
    } else if (name == "comp-lzo") {
        pushed.framing = wire::Framing::lzo;
    } else if (name == "compress") {
        pushed.framing = first == "stub-v2" ? wire::Framing::stub_v2 : wire::Framing::swap;
    } else if (name == "protocol-flags" || name == "key-derivation") {
        read_flag(pushed, first);
        while (const auto flag = words.next()) read_flag(pushed, *flag);
    }
}

/// What both 2.7 and openvpn3 let an update change.
constexpr std::array updatable{"block-ipv6",
                               "block-outside-dns",
                               "dhcp-option",
                               "dns",
                               "ifconfig",
                               "ifconfig-ipv6",
                               "push-continuation",
                               "redirect-gateway",
                               "redirect-private",
                               "route",
                               "route-gateway",
                               "route-ipv6",
                               "route-metric",
                               "topology",
                               "tun-mtu"};

std::string_view kind_of(std::string_view option) {
    return option.substr(0, option.find(' '));
}

void remove_kind(Pushed& pushed, std::string_view kind) {
    std::erase_if(pushed.options,
                  [&](const std::string& option) { return kind_of(option) == kind; });
    if (kind == "ifconfig-ipv6") pushed.address6.reset();
    if (kind == "route" || kind == "route-ipv6") remove_kind(pushed, "redirect-gateway");
}

}  // namespace

std::vector<std::string> Pushed::of(std::string_view kind) const {
    std::vector<std::string> found;
    for (const std::string& option : options)
        if (kind_of(option) == kind) found.push_back(option);
    return found;
}

UpdateReader::Result UpdateReader::read(std::string_view argument, Pushed& pushed) {
    wire::TextFields options(argument, ',');
    while (const auto option = options.next()) {
        if (*option == "push-continuation 2") return Result::more_follows;
        if (*option == "push-continuation 1" || option->empty()) continue;
        if (!take(*option, pushed)) return Result::offending;
    }
    replaced_.clear();
    return Result::done;
}

bool UpdateReader::take(std::string_view option, Pushed& pushed) {
    const bool removes = option.starts_with('-');
    if (removes) option.remove_prefix(1);
    const std::string_view kind = kind_of(option);
    if (std::ranges::find(updatable, kind) == updatable.end()) return false;
    if (replaced_.emplace(kind).second || removes) remove_kind(pushed, kind);
    if (removes) return true;
    pushed.options.emplace_back(option);
    read_option(pushed, option);
    return true;
}

std::optional<Pushed> PushReader::read(std::string_view argument) {
    wire::TextFields options(argument, ',');
    while (const auto option = options.next()) {
        if (*option == "push-continuation 2") return std::nullopt;
        if (*option == "push-continuation 1" || option->empty()) continue;
        pushed_.options.emplace_back(*option);
        read_option(pushed_, *option);
    }
    return std::exchange(pushed_, {});
}

}  // namespace kanmon::client
