#include "client/pushed.h"

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

}  // namespace

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
