#include "dataplane/session/push_update.h"

#include <algorithm>
#include <array>
#include <map>

#include "dataplane/wire/control_message.h"

namespace kanmon::session {

namespace {

using Options = std::vector<std::string>;

struct Kind {
    std::string_view name;
    std::string_view words;  // for people
    bool ordered = true;     // the order of several means something
};

constexpr std::string_view name_servers = "name servers";

/// In the order in which they are said: routes before the redirection that they would undo.
constexpr std::array updatable{
    Kind{"ifconfig-ipv6", "IPv6 addresses"},     Kind{"route", "local networks", false},
    Kind{"route-ipv6", "local networks", false}, Kind{"redirect-gateway", "full tunnel"},
    Kind{"block-ipv6", "full tunnel"},           Kind{"dns", name_servers},
    Kind{"dhcp-option", name_servers},
};
constexpr std::array timers{Kind{"ping", {}}, Kind{"ping-restart", {}}};

template <class Kinds>
const Kind* find(const Kinds& kinds, std::string_view name) {
    const auto found = std::ranges::find(kinds, name, &Kind::name);
    return found == kinds.end() ? nullptr : &*found;
}

/// Options by their kind, each kind in its order.
class ByKind {
public:
    explicit ByKind(const Options& options) {
        for (const std::string& option : options)
            kinds_[option.substr(0, option.find(' '))].push_back(option);
        for (auto& [name, members] : kinds_)
            if (const Kind* kind = find(updatable, name); kind != nullptr && !kind->ordered)
                std::ranges::sort(members);
    }

    const Options& of(std::string_view kind) const {
        static const Options none;
        const auto found = kinds_.find(kind);
        return found == kinds_.end() ? none : found->second;
    }
    const std::map<std::string, Options, std::less<>>& all() const { return kinds_; }

private:
    std::map<std::string, Options, std::less<>> kinds_;
};

/// The kinds in which the two differ, timers left out.
std::vector<std::string> changed_kinds(const ByKind& held, const ByKind& wanted) {
    std::vector<std::string> changed;
    const auto compare = [&](const ByKind& one) {
        for (const auto& [name, members] : one.all()) {
            const bool known = std::ranges::find(changed, name) != changed.end();
            if (!known && !find(timers, name) && held.of(name) != wanted.of(name))
                changed.push_back(name);
        }
    };
    compare(held);
    compare(wanted);
    return changed;
}

std::string words_for(const std::vector<std::string>& changed) {
    std::string text;
    for (const std::string& name : changed) {
        const Kind* kind = find(updatable, name);
        const std::string_view words = kind == nullptr ? "tunnel settings" : kind->words;
        if (text.find(words) != std::string::npos) continue;
        text.append(text.empty() ? "" : ", ").append(words);
    }
    return text;
}

Options update_options(const std::vector<std::string>& changed, const ByKind& wanted) {
    const auto is_changed = [&](std::string_view name) {
        return std::ranges::find(changed, name) != changed.end();
    };
    const bool routes_replaced = is_changed("route") || is_changed("route-ipv6");
    Options options;
    for (const Kind& kind : updatable) {
        const Options& members = wanted.of(kind.name);
        const bool undone = kind.name == "redirect-gateway" && routes_replaced && !members.empty();
        if (!is_changed(kind.name) && !undone) continue;
        if (members.empty()) options.push_back("-" + std::string(kind.name));
        options.insert(options.end(), members.begin(), members.end());
    }
    return options;
}

}  // namespace

Updates updates_of(const wire::PeerInfo& peer) {
    if (!peer.can(wire::Ability::push_update)) return Updates::none;
    if (!peer.version.starts_with("2.")) return Updates::all;
    const bool has_script = peer.platform != "win" && peer.platform != "android";
    return has_script ? Updates::without_name_servers : Updates::without_their_removal;
}

Difference diff(const PushOptions& held, const PushOptions& wanted, Updates taken) {
    const ByKind before(held.options);
    const ByKind after(wanted.options);
    const auto changed = changed_kinds(before, after);
    if (changed.empty()) return Unchanged{};
    const auto can_be_told = [&](const std::string& name) {
        const Kind* kind = find(updatable, name);
        if (kind == nullptr || taken == Updates::none) return false;
        if (taken == Updates::all || kind->words != name_servers) return true;
        return taken == Updates::without_their_removal && !after.of(name).empty();
    };
    if (!std::ranges::all_of(changed, can_be_told)) return ComeAgain{words_for(changed)};
    auto messages = wire::push_update(update_options(changed, after));
    if (!messages) return ComeAgain{words_for(changed)};
    return Update{std::move(*messages)};
}

}  // namespace kanmon::session
