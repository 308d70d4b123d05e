// How each kind of row lies in its table, and one table adapter for all of them.
#pragma once

#include "controlplane/adapters/row_changes.h"
#include "controlplane/adapters/sqlite_database.h"
#include "controlplane/usecases/books.h"

namespace kanmon::adapters {

/// Specialised for each kind of row: the table's name, its columns in order (id first), the column
/// that holds the parent, and the two translations.
template <class Row>
struct Shape;

template <class Row>
class SqliteTable final : public usecases::Table<Row> {
public:
    /// With `changes`, which outlives it, these are told of every row before it is written.
    explicit SqliteTable(Database& database, RowChanges* changes = nullptr)
        : database_(database), changes_(changes) {}

    std::optional<Row> find(const std::string& id) const override;
    std::vector<Row> all() const override;
    std::vector<Row> of_account(const model::AccountId& account) const override;
    std::vector<Row> below(const std::string& parent) const override;
    std::size_t count(const usecases::Scope& scope) const override;
    std::vector<Row> slice(const usecases::Scope& scope, std::size_t first,
                           std::size_t most) const override;
    void put(const Row& row) override;
    void remove(const std::string& id) override;

private:
    Database& database_;
    RowChanges* changes_;
};

std::vector<bridge::StaticAddress> read_static_addresses(Database& database,
                                                         const std::string& server);

extern template class SqliteTable<model::Account>;
extern template class SqliteTable<model::AccessKey>;
extern template class SqliteTable<model::AccessKeyUse>;
extern template class SqliteTable<model::BearerToken>;
extern template class SqliteTable<model::Vpc>;
extern template class SqliteTable<model::VpnGateway>;
extern template class SqliteTable<model::SslServer>;
extern template class SqliteTable<model::ClientCertificate>;
extern template class SqliteTable<model::RevokedCertificate>;
extern template class SqliteTable<model::RevocationList>;
extern template class SqliteTable<model::AccessRule>;
extern template class SqliteTable<model::BlockedClient>;
extern template class SqliteTable<model::BundleLink>;
extern template class SqliteTable<model::HeldBundle>;
extern template class SqliteTable<model::IdaasInstance>;
extern template class SqliteTable<model::IdaasUser>;
extern template class SqliteTable<model::IdaasGroup>;
extern template class SqliteTable<model::GroupMember>;
extern template class SqliteTable<model::IdaasApplication>;
extern template class SqliteTable<model::Assignment>;
extern template class SqliteTable<model::RecoveryCode>;
extern template class SqliteTable<model::VSwitch>;
extern template class SqliteTable<model::CustomerGateway>;
extern template class SqliteTable<model::VpnConnection>;
extern template class SqliteTable<model::IpsecTunnel>;
extern template class SqliteTable<model::VpnRoute>;
extern template class SqliteTable<model::ResourceTag>;
extern template class SqliteTable<model::Diagnosis>;

}  // namespace kanmon::adapters
