#include "swarm/profile.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/escape.h"
#include "dataplane/crypto/armour.h"

namespace kanmon::swarm {

namespace {

using Words = std::vector<std::string>;

Words words_of(std::string_view line) {
    Words words;
    while (true) {
        const std::size_t begin = line.find_first_not_of(" \t\r");
        if (begin == std::string_view::npos || line[begin] == '#' || line[begin] == ';')
            return words;
        line.remove_prefix(begin);
        const std::size_t end = std::min(line.find_first_of(" \t\r"), line.size());
        words.emplace_back(line.substr(0, end));
        line.remove_prefix(end);
    }
}

std::optional<std::uint16_t> port_of(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

bool is_tcp(std::string_view proto) {
    return proto.starts_with("tcp");
}

/// Which options name a file that may stand in the profile instead.
bool may_be_inline(std::string_view option) {
    constexpr std::string_view known[]{"ca",       "cert",      "key",
                                       "tls-auth", "tls-crypt", "tls-crypt-v2"};
    return std::ranges::find(known, option) != std::end(known);
}

class Reader {
public:
    explicit Reader(const FileReader& files) : files_(files) {}

    Expected<Profile, std::string> read(std::string_view text) {
        while (!text.empty() && error_.empty()) {
            ++line_;
            const std::size_t end = std::min(text.find('\n'), text.size());
            take_line(text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        if (error_.empty() && !block_.empty()) error_ = "<" + block_ + "> is never closed";
        if (error_.empty()) finish();
        if (!error_.empty()) return unexpected(error_);
        return std::move(profile_);
    }

private:
    void fail(std::string why) {
        if (error_.empty()) error_ = "line " + std::to_string(line_) + ": " + std::move(why);
    }

    void take_line(std::string_view line) {
        const Words words = words_of(line);
        if (!block_.empty()) {
            if (words.size() == 1 && words[0] == "</" + block_ + ">")
                block_.clear();
            else
                pieces_[block_].append(line).append("\n");
            return;
        }
        if (words.empty()) return;
        const std::string& option = words[0];
        if (option == "<connection>" || option == "</connection>") return;
        if (option.front() == '<' && option.back() == '>')
            block_ = option.substr(1, option.size() - 2);
        else
            take_option(words);
    }

    void take_option(const Words& words) {
        const std::string& option = words[0];
        if (option == "proto" && words.size() > 1)
            proto_ = words[1];
        else if (option == "remote")
            take_remote(words);
        else if (option == "auth" && words.size() > 1)
            take_digest(words[1]);
        else if (option == "key-direction" && words.size() > 1)
            direction_ = words[1];
        else if (option == "auth-user-pass")
            profile_.wants_password = true;
        else if (option == "pkcs12" || option == "secret")
            fail(option + " is not understood; export the profile with ca, cert and key");
        else if (may_be_inline(option) && words.size() > 1)
            take_file(words);
    }

    void take_remote(const Words& words) {
        if (words.size() < 2) return fail("remote names no host");
        remote_protos_.push_back(words.size() > 3 ? words[3] : std::string());
        Remote& remote = profile_.remotes.emplace_back(Remote{.host = words[1]});
        if (words.size() < 3) return;
        const auto port = port_of(words[2]);
        if (!port) return fail("the port of remote is " + escaped(words[2]) + ", not 1 to 65535");
        remote.port = *port;
    }

    void take_digest(const std::string& name) {
        const auto digest = crypto::digest_of(name);
        if (!digest) return fail("auth " + escaped(name) + ": SHA1, SHA256 and SHA512 are known");
        profile_.wrapping.digest = *digest;
    }

    void take_file(const Words& words) {
        if (words[1] == "[inline]") return;
        auto content = files_(words[1]);
        if (!content) return fail(words[0] + ": " + content.error());
        pieces_[words[0]] = std::move(*content);
        if (words[0] == "tls-auth" && words.size() > 2) direction_ = words[2];
    }

    void finish() {
        if (profile_.remotes.empty()) return tell("no remote says where the server is");
        for (std::size_t i = 0; i < profile_.remotes.size(); ++i)
            profile_.remotes[i].tcp =
                is_tcp(remote_protos_[i].empty() ? proto_ : remote_protos_[i]);
        if (pieces_["ca"].empty()) return tell("no ca: nothing to verify the server by");
        if (pieces_["cert"].empty() != pieces_["key"].empty())
            return tell("cert and key belong together, and one of them is missing");
        profile_.credentials = {.ca_certificate_pem = pieces_["ca"],
                                .certificate_pem = pieces_["cert"],
                                .private_key_pem = secret_of(std::move(pieces_["key"]))};
        take_wrapping();
    }

    void take_wrapping() {
        client::ClientWrapping& wrapping = profile_.wrapping;
        wrapping.direction = direction_ == "1"   ? crypto::KeyDirection::inverse
                             : direction_ == "0" ? crypto::KeyDirection::normal
                                                 : crypto::KeyDirection::both;
        if (const std::string& v2 = pieces_["tls-crypt-v2"]; !v2.empty()) return take_own_key(v2);
        for (const auto& [option, kind] : {std::pair{"tls-auth", client::KnownWrapping::tls_auth},
                                           {"tls-crypt", client::KnownWrapping::tls_crypt}}) {
            const std::string& text = pieces_[option];
            if (text.empty()) continue;
            const auto key = crypto::parse_static_key(text);
            if (!key) return tell(std::string(option) + ": this is no OpenVPN static key");
            wrapping.kind = kind;
            wrapping.key = *key;
        }
    }

    void take_own_key(const std::string& text) {
        const auto armoured = crypto::inside_armour(text, "OpenVPN tls-crypt-v2 client key");
        const auto octets = armoured ? crypto::from_base64(*armoured) : std::nullopt;
        if (!octets || octets->size() <= crypto::StaticKey::size())
            return tell("tls-crypt-v2: this is no tls-crypt-v2 client key");
        profile_.wrapping.kind = client::KnownWrapping::tls_crypt_v2;
        const Bytes own = Bytes(*octets).first(crypto::StaticKey::size());
        std::ranges::copy(own, profile_.wrapping.key.mutable_view().begin());
        profile_.wrapping.wrapped_key = copy_of(Bytes(*octets).subspan(own.size()));
    }

    void tell(std::string why) { error_ = std::move(why); }

    const FileReader& files_;
    Profile profile_;
    std::size_t line_ = 0;
    std::string error_;
    std::string block_;  // whose end is awaited
    std::map<std::string, std::string> pieces_;
    std::string proto_ = "udp";
    Words remote_protos_;
    std::string direction_;
};

}  // namespace

const Remote* Profile::first(bool tcp) const {
    const auto found = std::ranges::find(remotes, tcp, &Remote::tcp);
    return found == remotes.end() ? nullptr : &*found;
}

Expected<Profile, std::string> read_profile(std::string_view text, const FileReader& files) {
    return Reader(files).read(text);
}

}  // namespace kanmon::swarm
