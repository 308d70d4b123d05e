// How the rows that belong to certificates lie in their tables.
#include <array>

#include "controlplane/adapters/sqlite_shape.h"

namespace kanmon::adapters {

namespace {

/// One a line; a list of thousands is one value, since it is read and replaced as a whole.
std::string lines_of(const std::vector<std::string>& serials) {
    std::string lines;
    for (const std::string& serial : serials) lines += serial + "\n";
    return lines;
}

std::vector<std::string> read_lines(Statement& in) {
    std::vector<std::string> lines;
    const std::string text = in.text();
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        if (end == std::string::npos) throw StoreError("a stored revocation list cannot be read");
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

model::BundleFormat read_format(Statement& in) {
    const auto format = model::check_bundle_format(in.text());
    if (!format) throw StoreError("the stored format of a bundle cannot be read");
    return *format;
}

}  // namespace

template <>
struct Shape<model::RevocationList> {
    static constexpr auto table = "revocation_lists";
    static constexpr std::array columns{
        "id", "account", "number", "this_update", "next_update", "refuse_when_expired", "serials"};
    static constexpr auto account = "account", parent = "id";
    static void write(Statement& out, const model::RevocationList& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.number)
            .bind(seconds_of(row.this_update))
            .bind(seconds_of(row.next_update))
            .bind(row.refuse_when_expired)
            .bind(lines_of(row.serials));
    }
    static model::RevocationList read(Statement& in) {
        model::RevocationList row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.number = in.text();
        row.this_update = read_time(in);
        row.next_update = read_time(in);
        row.refuse_when_expired = in.number() != 0;
        row.serials = read_lines(in);
        return row;
    }
};

template <>
struct Shape<model::BundleLink> {
    static constexpr auto table = "bundle_links";
    static constexpr std::array columns{"id",     "account",         "certificate", "token_hash",
                                        "format", "sealed_password", "created_at",  "expires_at"};
    static constexpr auto account = "account", parent = "certificate";
    static void write(Statement& out, const model::BundleLink& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.certificate.text)
            .bind_blob(row.token_hash)
            .bind(model::bundle_format_text(row.format))
            .bind_blob(row.sealed_password)
            .bind(seconds_of(row.created_at))
            .bind(seconds_of(row.expires_at));
    }
    static model::BundleLink read(Statement& in) {
        model::BundleLink row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.certificate.text = in.text();
        row.token_hash = in.blob();
        row.format = read_format(in);
        row.sealed_password = in.blob();
        row.created_at = read_time(in);
        row.expires_at = read_time(in);
        return row;
    }
};

template <>
struct Shape<model::HeldBundle> {
    static constexpr auto table = "held_bundles";
    static constexpr std::array columns{"id", "account", "server", "revision", "held_at"};
    static constexpr auto account = "account", parent = "server";
    static void write(Statement& out, const model::HeldBundle& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.server.text)
            .bind(row.revision)
            .bind(seconds_of(row.held_at));
    }
    static model::HeldBundle read(Statement& in) {
        model::HeldBundle row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.server.text = in.text();
        row.revision = in.text();
        row.held_at = read_time(in);
        return row;
    }
};

template class SqliteTable<model::RevocationList>;
template class SqliteTable<model::BundleLink>;
template class SqliteTable<model::HeldBundle>;

std::vector<bridge::StaticAddress> read_static_addresses(Database& database,
                                                         const std::string& server) {
    Statement in = database.prepare(
        "SELECT id, static_address FROM client_certificates "
        "WHERE server = ? AND static_address <> '' ORDER BY rowid");
    in.bind(server);
    std::vector<bridge::StaticAddress> addresses;
    while (in.step()) {
        std::string id = in.text();
        addresses.push_back({std::move(id), read_address(in)});
    }
    return addresses;
}

}  // namespace kanmon::adapters
