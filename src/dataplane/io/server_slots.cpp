#include "dataplane/io/server_slots.h"

#include <algorithm>

#include "base/clock.h"
#include "base/log.h"
#include "dataplane/admission/lease_book.h"
#include "dataplane/crypto/openssl_tls.h"
#include "dataplane/shard/doorway.h"

namespace kanmon::io {

namespace {

bool same_credentials(const bridge::SslServer& left, const bridge::SslServer& right) {
    return left.ca_certificate_pem == right.ca_certificate_pem &&
           left.certificate_pem == right.certificate_pem &&
           left.private_key_pem == right.private_key_pem &&
           left.revoked_serials == right.revoked_serials &&
           left.login.certificate == right.login.certificate;
}

std::optional<Cidr6> pool6_of(const bridge::SslServer& server) {
    return server.inner6 ? std::optional(server.inner6->client_pool) : std::nullopt;
}

}  // namespace

void ServerSlots::apply(const std::vector<bridge::SslServer>& servers) {
    for (Slot& slot : slots_) {
        const bool still = std::ranges::any_of(
            servers, [&](const auto& server) { return server.id == slot.server().id; });
        if (still || !slot.present) continue;
        auto switched_off = std::make_shared<session::ServerProfile>(*slot.profile);
        switched_off->server.enabled = false;
        switched_off->server.private_key_pem = SecretBuffer();
        slot.profile = std::move(switched_off);
        slot.present = false;
    }
    for (const bridge::SslServer& server : servers) fill(slot_of(server.id), server);
}

ServerSlots::Slot& ServerSlots::slot_of(const std::string& server_id) {
    if (const auto index = index_of(server_id)) return slots_[*index];
    return slots_.emplace_back();
}

void ServerSlots::fill(Slot& slot, const bridge::SslServer& server) {
    if (slot.present && slot.server() == server) return;
    auto profile = std::make_shared<session::ServerProfile>();
    profile->server = server;
    profile->server_address = admission::server_address(server.client_pool);
    if (slot.profile && slot.profile->tls && same_credentials(slot.server(), server)) {
        profile->tls = slot.profile->tls;
    } else if (auto tls = make_tls_(server)) {
        profile->tls = std::move(*tls);
    } else {
        log_event(Severity::error, "unusable credentials, the server stays off",
                  {{"server", server.id}, {"why", tls.error()}});
        profile->server.enabled = false;
    }
    if (!shard::Doorway::make(server.wrapping)) {
        log_event(Severity::error, "unusable wrapping key, the server stays off",
                  {{"server", server.id}});
        profile->server.enabled = false;
    }
    const auto pool6 = pool6_of(server);
    if (!slot.owners || slot.server().client_pool != server.client_pool ||
        pool6_of(slot.server()) != pool6)
        slot.owners = std::make_shared<TunnelOwners>(server.client_pool, pool6);
    slot.profile = std::move(profile);
    slot.present = true;
}

std::optional<shard::ServerIndex> ServerSlots::index_of(const std::string& server_id) const {
    const auto found = std::ranges::find_if(
        slots_, [&](const Slot& slot) { return slot.profile && slot.server().id == server_id; });
    if (found == slots_.end()) return std::nullopt;
    return static_cast<shard::ServerIndex>(found - slots_.begin());
}

std::vector<std::shared_ptr<const session::ServerProfile>> ServerSlots::profiles() const {
    std::vector<std::shared_ptr<const session::ServerProfile>> profiles;
    for (const Slot& slot : slots_) profiles.push_back(slot.profile);
    return profiles;
}

std::vector<std::shared_ptr<const TunnelOwners>> ServerSlots::owners() const {
    std::vector<std::shared_ptr<const TunnelOwners>> owners;
    for (const Slot& slot : slots_) owners.push_back(slot.owners);
    return owners;
}

Expected<std::shared_ptr<const crypto::TlsFactory>, std::string> make_server_tls(
    const bridge::SslServer& server) {
    return crypto::openssl_server({.ca_certificate_pem = server.ca_certificate_pem,
                                   .certificate_pem = server.certificate_pem,
                                   .private_key_pem = server.private_key_pem,
                                   .revoked_serials = server.revoked_serials,
                                   .certificate_required = server.login.certificate},
                                  [] { return unix_now(); });
}

}  // namespace kanmon::io
