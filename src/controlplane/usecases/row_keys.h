// How the rows of each kind are found: by id, by account, by what they are below.
#pragma once

#include <string>

#include "controlplane/usecases/books.h"

namespace kanmon::usecases {

inline const std::string& parent_of(const model::Account& row) {
    return row.id.text;
}
inline const std::string& parent_of(const model::AccessKey& row) {
    return row.account.text;
}
inline const std::string& parent_of(const model::AccessKeyUse& row) {
    return row.account.text;
}
inline const std::string& parent_of(const model::BearerToken& row) {
    return row.access_key.text;
}
inline const std::string& parent_of(const model::Vpc& row) {
    return row.account.text;
}
inline const std::string& parent_of(const model::VpnGateway& row) {
    return row.vpc.text;
}
inline const std::string& parent_of(const model::SslServer& row) {
    return row.gateway.text;
}
inline const std::string& parent_of(const model::ClientCertificate& row) {
    return row.server.text;
}
inline const std::string& parent_of(const model::IdaasInstance& row) {
    return row.account.text;
}
inline const std::string& parent_of(const model::IdaasUser& row) {
    return row.instance.text;
}
inline const std::string& parent_of(const model::IdaasGroup& row) {
    return row.instance.text;
}
inline const std::string& parent_of(const model::GroupMember& row) {
    return row.group.text;
}
inline const std::string& parent_of(const model::IdaasApplication& row) {
    return row.instance.text;
}
inline const std::string& parent_of(const model::Assignment& row) {
    return row.application.text;
}
inline const std::string& parent_of(const model::RecoveryCode& row) {
    return row.user.text;
}
inline const std::string& parent_of(const model::RevokedCertificate& row) {
    return row.server.text;
}
inline const std::string& parent_of(const model::RevocationList& row) {
    return row.id.text;
}
inline const std::string& parent_of(const model::AccessRule& row) {
    return row.server.text;
}
inline const std::string& parent_of(const model::BlockedClient& row) {
    return row.server.text;
}
inline const std::string& parent_of(const model::BundleLink& row) {
    return row.certificate.text;
}
inline const std::string& parent_of(const model::HeldBundle& row) {
    return row.server.text;
}
inline const std::string& parent_of(const model::VSwitch& row) {
    return row.vpc.text;
}
inline const std::string& parent_of(const model::CustomerGateway& row) {
    return row.account.text;
}
inline const std::string& parent_of(const model::VpnConnection& row) {
    return row.gateway.text;
}
inline const std::string& parent_of(const model::IpsecTunnel& row) {
    return row.connection.text;
}
inline const std::string& parent_of(const model::VpnRoute& row) {
    return row.gateway.text;
}
inline const std::string& parent_of(const model::ResourceTag& row) {
    return row.resource;
}

inline const std::string& parent_of(const model::Diagnosis& row) {
    return row.gateway.text;
}

template <class Row>
const std::string& account_of(const Row& row) {
    return row.account.text;
}
inline const std::string& account_of(const model::Account& row) {
    return row.id.text;
}

}  // namespace kanmon::usecases
