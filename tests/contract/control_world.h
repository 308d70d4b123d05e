// A whole control plane on doubles: memory for the store, transparent seals, numbered keys.
#pragma once

#include <map>
#include <sstream>

#include "contract/memory_attempt_log.h"
#include "contract/memory_books.h"
#include "contract/memory_meter_book.h"
#include "controlplane/usecases/control_plane.h"
#include "controlplane/usecases/enforcement.h"

namespace kanmon::usecases {

class CountingAuthority final : public Authority {
public:
    Outcome<Issued> make_authority(const std::string& common_name, UnixTime now) override {
        return issue("ca", common_name, now + std::chrono::days(7300));
    }
    Outcome<Issued> issue_server(const Issuer& issuer, const std::string& common_name,
                                 UnixTime now) override {
        last_issuer = issuer;
        return issue("server", common_name, now + std::chrono::days(3650));
    }
    Outcome<Issued> issue_client(const Issuer& issuer, const std::string& common_name,
                                 UnixTime now) override {
        last_issuer = issuer;
        return issue("client", common_name, now + model::client_certificate_lifetime);
    }
    Outcome<SecretBuffer> wrapped_client_key(const SecretBuffer& server_key,
                                             const std::string& client) override {
        return SecretBuffer(as_bytes(to_hex(server_key.view()).substr(0, 8) + client));
    }
    /// "BAD" anywhere is refused; else it ends when `ends` says, or in a thousand days.
    Outcome<BroughtAuthority> read_authority(const std::string& certificates_pem,
                                             const SecretBuffer&, UnixTime now) override {
        if (certificates_pem.find("BAD") != std::string::npos)
            return model::illegal("CaCertificate", "it is bad");
        ends.try_emplace(certificates_pem, now + std::chrono::days(1000));
        return BroughtAuthority{certificates_pem, ends[certificates_pem]};
    }
    /// "NUMBER serial serial …", good for a week.
    Outcome<BroughtRevocationList> read_revocation_list(const std::string& pem,
                                                        const std::string& authority_pem,
                                                        UnixTime now) override {
        last_list_issuer = authority_pem;
        BroughtRevocationList list{.number = {},
                                   .this_update = now,
                                   .next_update = now + std::chrono::days(7),
                                   .serials = {}};
        std::istringstream words(pem);
        words >> list.number;
        for (std::string serial; words >> serial;) list.serials.push_back(serial);
        return list;
    }
    /// The first line names subject and key.
    bool same_signer(const std::string& one_pem, const std::string& other_pem) override {
        return one_pem.substr(0, one_pem.find('\n')) == other_pem.substr(0, other_pem.find('\n'));
    }
    Outcome<UnixTime> end_of(const std::string& certificates_pem) override {
        const auto end = ends.find(certificates_pem);
        if (end == ends.end()) return model::unavailable("not a certificate of ours");
        return end->second;
    }
    Outcome<SecretBuffer> pkcs12(const Issued& issued, const std::string& authority_pem,
                                 const std::string& name, const SecretBuffer& password) override {
        return SecretBuffer(as_bytes("p12 " + name + " " + as_text(password.view()) + "\n" +
                                     issued.certificate_pem + authority_pem));
    }
    std::string digest(const std::string& text) override {
        const std::size_t hash = std::hash<std::string>()(text);
        return to_hex(std::as_bytes(std::span(&hash, 1))) + "0123456789abcdef";
    }

    Issuer last_issuer;
    std::string last_list_issuer;
    std::map<std::string, UnixTime> ends;  // of every certificate that was made or brought

private:
    Outcome<Issued> issue(const std::string& kind, const std::string& common_name,
                          UnixTime not_after) {
        ++issued_;
        const std::string copy = kind == "client" ? " " + std::to_string(issued_) : "";
        const std::string name = kind + " " + common_name + copy + "\n";
        ends["certificate of " + name] = not_after;
        return Issued{"certificate of " + name, SecretBuffer(as_bytes("key of " + name)),
                      std::to_string(issued_), not_after};
    }
    int issued_ = 0;
};

/// The context is written in front, so that a wrong one shows.
class TransparentSealer final : public Sealer {
public:
    Outcome<Buffer> seal(Bytes plain, const std::string& context) override {
        return copy_of(as_bytes(context + "|" + as_text(plain)));
    }
    Outcome<SecretBuffer> unseal(Bytes sealed, const std::string& context) override {
        const std::string text = as_text(sealed);
        if (!text.starts_with(context + "|")) return model::unavailable("another context");
        return SecretBuffer(as_bytes(std::string_view(text).substr(context.size() + 1)));
    }
};

class ListingArchiver final : public Archiver {
public:
    Outcome<Buffer> zip(const std::vector<ArchiveEntry>& entries, UnixTime) override {
        std::string names;
        for (const ArchiveEntry& entry : entries) names += entry.name + " ";
        return copy_of(as_bytes(names));
    }
};

class RecordingGatekeeper final : public Gatekeeper {
public:
    void changed() override { ++changes; }
    void disconnect(const bridge::Disconnect& order) override { disconnects.push_back(order); }
    void release(const bridge::ReleaseSlot& order) override { releases.push_back(order); }
    void logins_ready() override { ++logins; }

    int changes = 0;
    std::vector<bridge::Disconnect> disconnects;
    std::vector<bridge::ReleaseSlot> releases;
    int logins = 0;
};

class SetFlows final : public FlowSource {
public:
    std::optional<bridge::FlowAnswer> flows_of(std::uint64_t session) override {
        asked.push_back(session);
        return answer;
    }

    std::optional<bridge::FlowAnswer> answer;
    std::vector<std::uint64_t> asked;
};

/// The password itself, marked; how often one was hashed or compared is counted. Codes are the
/// step's digits.
class PlainHasher final : public CredentialHasher {
public:
    Outcome<std::string> hash_password(Bytes password) override {
        ++hashes;
        return "hash of " + as_text(password);
    }
    bool password_matches(Bytes password, const std::string& hash) override {
        ++comparisons;
        return hash == "hash of " + as_text(password);
    }
    const std::string& hash_of_nobody() override { return nobody_; }
    std::string one_time_code(Bytes, std::int64_t step) override {
        const std::string digits = "00000" + std::to_string(step % 1'000'000);
        return digits.substr(digits.size() - 6);
    }

    int comparisons = 0;
    int hashes = 0;

private:
    std::string nobody_ = "nobody's hash";
};

/// At once, or when the test says so.
class InlineWorkers final : public Workers {
public:
    bool run(std::function<void()> job) override {
        if (full) return false;
        if (waits)
            waiting.push_back(std::move(job));
        else
            job();
        return true;
    }
    void run_waiting() {
        for (const auto& job : std::exchange(waiting, {})) job();
    }

    bool full = false;
    bool waits = false;
    std::vector<std::function<void()>> waiting;
};

struct ControlWorld {
    ControlWorld() = default;
    /// On a store of the test's own instead of memory.
    explicit ControlWorld(Books& other) : store(&other) {}

    MemoryBooks books;
    Books* store = &books;
    MemoryAttemptLog log;
    MemoryMeterBook meters;
    CountingAuthority authority;
    TransparentSealer sealer;
    ListingArchiver archiver;
    PlainHasher hasher;
    InlineWorkers workers;
    RecordingGatekeeper gatekeeper;
    SetFlows flows;
    SeededRandom random{1};
    Ports ports{.books = *store,
                .log = log,
                .meters = meters,
                .authority = authority,
                .sealer = sealer,
                .archiver = archiver,
                .hasher = hasher,
                .workers = workers,
                .gatekeeper = gatekeeper,
                .flows = flows,
                .random = random,
                .installation = {.public_addresses = {Ipv4{0xcb007101}}}};
    ControlPlane plane{ports};
    Enforcement enforcement{ports, "boot-1"};
    UnixTime now = unix_time_of(1'700'000'000);

    Call root() {
        const auto created = plane.accounts.ensure_root(now);
        return call_of(created->account, model::Role::root, created->access_key);
    }
    /// A new account, as root would make it.
    Call account(const std::string& name) {
        const auto created = plane.accounts.create(root(), {name});
        return call_of(created->account, model::Role::owner, created->access_key);
    }
    Call call_of(const model::AccountId& id, model::Role role, const model::AccessKeyId& key) {
        return {.actor = {id, role, key.text, "REQUEST"},
                .now = now,
                .client_token = {},
                .dry_run = false};
    }

    model::VpcId vpc(const Call& call, const std::string& network_namespace,
                     const std::string& cidr = "10.0.0.0/8") {
        const auto made = plane.vpcs.create(call, {.region = "cn-hangzhou",
                                                   .cidr = cidr,
                                                   .name = {},
                                                   .description = {},
                                                   .network_namespace = network_namespace});
        return made ? made->id : model::VpcId{};
    }
    model::VpnGatewayId gateway(const Call& call, const model::VpcId& vpc_id,
                                std::int64_t connections = 5) {
        const auto made = plane.vpn_gateways.create(call, {.region = "cn-hangzhou",
                                                           .vpc = vpc_id.text,
                                                           .bandwidth = 10,
                                                           .enable_ssl = true,
                                                           .enable_ipsec = false,
                                                           .ssl_connections = connections,
                                                           .network_type = {},
                                                           .name = {}});
        return made ? made->id : model::VpnGatewayId{};
    }
    CreateSslServer server_request(const model::VpnGatewayId& gateway_id) {
        CreateSslServer request;
        request.gateway = gateway_id.text;
        request.client_pool = "192.168.0.0/24";
        request.local_subnet = "10.0.0.0/8";
        request.name = "server";
        return request;
    }
    model::SslServerId server(const Call& call, const model::VpnGatewayId& gateway_id) {
        const auto made = plane.ssl_servers.create(call, server_request(gateway_id));
        return made ? made->id : model::SslServerId{};
    }
    model::ClientCertificateId certificate(const Call& call, const model::SslServerId& server_id) {
        const auto made = plane.client_certificates.create(
            call, {.server = server_id.text, .name = "laptop", .static_address = {}});
        return made ? made->id : model::ClientCertificateId{};
    }
};

}  // namespace kanmon::usecases
