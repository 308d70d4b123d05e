// How groups, applications, who belongs to them, and recovery codes lie in their tables.
#include <array>

#include "controlplane/adapters/sqlite_shape.h"

namespace kanmon::adapters {

namespace {

/// Groups and applications are rows of the same columns.
template <class Row>
struct NamedShape {
    static constexpr std::array columns{"id", "account", "instance", "name", "created_at"};
    static constexpr auto account = "account", parent = "instance";
    static void write(Statement& out, const Row& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.instance.text)
            .bind(row.name)
            .bind(seconds_of(row.created_at));
    }
    static Row read(Statement& in) {
        Row row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.instance.text = in.text();
        row.name = in.text();
        row.created_at = read_time(in);
        return row;
    }
};

}  // namespace

template <>
struct Shape<model::IdaasGroup> : NamedShape<model::IdaasGroup> {
    static constexpr auto table = "idaas_groups";
};

template <>
struct Shape<model::IdaasApplication> : NamedShape<model::IdaasApplication> {
    static constexpr auto table = "idaas_applications";
};

template <>
struct Shape<model::GroupMember> {
    static constexpr auto table = "idaas_group_members";
    static constexpr std::array columns{"id", "account", "instance", "directory_group", "user"};
    static constexpr auto account = "account", parent = "directory_group";
    static void write(Statement& out, const model::GroupMember& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.instance.text)
            .bind(row.group.text)
            .bind(row.user.text);
    }
    static model::GroupMember read(Statement& in) {
        model::GroupMember row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.instance.text = in.text();
        row.group.text = in.text();
        row.user.text = in.text();
        return row;
    }
};

template <>
struct Shape<model::Assignment> {
    static constexpr auto table = "idaas_assignments";
    static constexpr std::array columns{"id", "account", "instance", "application", "subject"};
    static constexpr auto account = "account", parent = "application";
    static void write(Statement& out, const model::Assignment& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.instance.text)
            .bind(row.application.text)
            .bind(row.subject);
    }
    static model::Assignment read(Statement& in) {
        model::Assignment row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.instance.text = in.text();
        row.application.text = in.text();
        row.subject = in.text();
        return row;
    }
};

template <>
struct Shape<model::RecoveryCode> {
    static constexpr auto table = "recovery_codes";
    static constexpr std::array columns{"id", "account", "user", "hash"};
    static constexpr auto account = "account", parent = "user";
    static void write(Statement& out, const model::RecoveryCode& row) {
        out.bind(row.id.text).bind(row.account.text).bind(row.user.text).bind(row.hash);
    }
    static model::RecoveryCode read(Statement& in) {
        model::RecoveryCode row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.user.text = in.text();
        row.hash = in.text();
        return row;
    }
};

template class SqliteTable<model::IdaasGroup>;
template class SqliteTable<model::IdaasApplication>;
template class SqliteTable<model::GroupMember>;
template class SqliteTable<model::Assignment>;
template class SqliteTable<model::RecoveryCode>;

}  // namespace kanmon::adapters
