// How access rules and blocked clients lie in their tables. Lists are texts with a line each.
#include <array>

#include "controlplane/adapters/sqlite_shape.h"

namespace kanmon::adapters {

namespace {

using usecases::Outcome;

std::string lines_of(const std::vector<std::string>& values) {
    std::string text;
    for (const std::string& value : values) text += value + "\n";
    return text;
}

std::vector<std::string> read_lines(Statement& in) {
    const std::string text = in.text();
    std::vector<std::string> values;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = text.find('\n', start);
        if (end == std::string::npos) throw StoreError("a stored list cannot be read");
        values.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return values;
}

template <class T>
T readable(Outcome<T> value) {
    if (!value) throw StoreError("a stored access rule cannot be read");
    return std::move(*value);
}

model::AccessTargets read_targets(Statement& in) {
    model::AccessTargets targets;
    if (!model::read_access_networks(read_lines(in), targets))
        throw StoreError("the stored networks of an access rule cannot be read");
    targets.protocol = static_cast<std::uint8_t>(in.number());
    targets.ports = readable(model::read_port_ranges(read_lines(in)));
    return targets;
}

}  // namespace

template <>
struct Shape<model::AccessRule> {
    static constexpr auto table = "access_rules";
    static constexpr std::array columns{
        "id",        "account",      "server",      "priority",         "policy",
        "everybody", "certificates", "users",       "directory_groups", "networks",
        "protocol",  "ports",        "description", "created_at"};
    static constexpr auto account = "account", parent = "server";
    static void write(Statement& out, const model::AccessRule& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.server.text)
            .bind(row.priority)
            .bind(model::access_policy_text(row.verdict))
            .bind(row.subjects.everybody)
            .bind(lines_of(row.subjects.certificates))
            .bind(lines_of(row.subjects.users))
            .bind(lines_of(row.subjects.groups))
            .bind(lines_of(model::network_texts(row.targets)))
            .bind(std::uint32_t{row.targets.protocol})
            .bind(lines_of(model::port_texts(row.targets.ports)))
            .bind(row.description)
            .bind(seconds_of(row.created_at));
    }
    static model::AccessRule read(Statement& in) {
        model::AccessRule row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.server.text = in.text();
        row.priority = read_u32(in);
        row.verdict = readable(model::check_access_policy(in.text()));
        row.subjects.everybody = in.number() != 0;
        row.subjects.certificates = read_lines(in);
        row.subjects.users = read_lines(in);
        row.subjects.groups = read_lines(in);
        row.targets = read_targets(in);
        row.description = in.text();
        row.created_at = read_time(in);
        return row;
    }
};

template <>
struct Shape<model::BlockedClient> {
    static constexpr auto table = "blocked_clients";
    static constexpr std::array columns{"id",    "account",    "server",    "name",
                                        "until", "created_at", "access_key"};
    static constexpr auto account = "account", parent = "server";
    static void write(Statement& out, const model::BlockedClient& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.server.text)
            .bind(row.name)
            .bind(seconds_of(row.until))
            .bind(seconds_of(row.created_at))
            .bind(row.access_key);
    }
    static model::BlockedClient read(Statement& in) {
        model::BlockedClient row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.server.text = in.text();
        row.name = in.text();
        row.until = read_time(in);
        row.created_at = read_time(in);
        row.access_key = in.text();
        return row;
    }
};

template class SqliteTable<model::AccessRule>;
template class SqliteTable<model::BlockedClient>;

}  // namespace kanmon::adapters
