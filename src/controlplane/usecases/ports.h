// The ports of the use cases: everything outside that they need, each small.
//
// Threads: any thread may call a use case; each takes `Ports::turn` for its whole duration, so one
// runs at a time and no adapter needs a lock. The longest holds it for a few milliseconds (one
// transaction, two P-256 keys). Only `Gatekeeper` is called with the turn taken and crosses
// threads: its adapter just wakes the loop of the process.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/secret.h"
#include "controlplane/usecases/attempt_log.h"
#include "controlplane/usecases/books.h"
#include "controlplane/usecases/meter_book.h"

namespace kanmon::usecases {

struct Issued {
    std::string certificate_pem;
    SecretBuffer private_key_pem;
    std::string serial;  // lower-case hexadecimal, no leading zeros
    UnixTime not_after{};
};

struct Issuer {
    std::string certificate_pem;
    SecretBuffer private_key_pem;
};

/// An authority that was brought along: PEM as we write it, in order.
struct BroughtAuthority {
    std::string chain_pem;  // the issuing one first, the root last
    UnixTime not_after{};   // the earliest of the chain
};

/// A revocation list that its authority has signed and that is good now.
struct BroughtRevocationList {
    std::string number;  // hexadecimal, no leading zeros; empty: it has none
    UnixTime this_update{};
    UnixTime next_update{};
    std::vector<std::string> serials;  // lower-case hexadecimal, no leading zeros
};

/// Makes keys and certificates. Not-before lies ten minutes back, for clocks that differ.
class Authority {
public:
    virtual ~Authority() = default;
    virtual Outcome<Issued> make_authority(const std::string& common_name, UnixTime now) = 0;
    virtual Outcome<Issued> issue_server(const Issuer& issuer, const std::string& common_name,
                                         UnixTime now) = 0;
    virtual Outcome<Issued> issue_client(const Issuer& issuer, const std::string& common_name,
                                         UnixTime now) = 0;
    /// What the client's tls-crypt-v2 key file holds: 256 octets, then the same wrapped under the
    /// server's 128. The same for the same arguments.
    virtual Outcome<SecretBuffer> wrapped_client_key(const SecretBuffer& server_key,
                                                     const std::string& client) = 0;
    /// One to four certificates, the issuing authority first and its root last, and its key unless
    /// that is empty. IllegalParam.CaCertificate, IllegalParam.CaPrivateKey.
    virtual Outcome<BroughtAuthority> read_authority(const std::string& certificates_pem,
                                                     const SecretBuffer& private_key_pem,
                                                     UnixTime now) = 0;
    /// Of the first certificate of `authority_pem`. IllegalParam.Crl.
    virtual Outcome<BroughtRevocationList> read_revocation_list(const std::string& pem,
                                                                const std::string& authority_pem,
                                                                UnixTime now) = 0;
    /// Whether the first certificates of both have one subject and one key: what one has signed,
    /// the other vouches for.
    virtual bool same_signer(const std::string& one_pem, const std::string& other_pem) = 0;
    /// The earliest end of the certificates in a text of ours.
    virtual Outcome<UnixTime> end_of(const std::string& certificates_pem) = 0;
    /// DER: the key and its certificate, and `authority_pem` beside them; AES-256.
    virtual Outcome<SecretBuffer> pkcs12(const Issued& issued, const std::string& authority_pem,
                                         const std::string& name, const SecretBuffer& password) = 0;
    /// Lower-case hexadecimal SHA-256.
    virtual std::string digest(const std::string& text) = 0;
};

/// Keeps secrets at rest. `context` (the id of what owns the secret) must be the same on both ways.
class Sealer {
public:
    virtual ~Sealer() = default;
    virtual Outcome<Buffer> seal(Bytes plain, const std::string& context) = 0;
    virtual Outcome<SecretBuffer> unseal(Bytes sealed, const std::string& context) = 0;
};

/// What passwords and one-time codes are checked with. Any thread, also without the turn: a
/// password costs tens of milliseconds and much memory, so that few are computed at a time and the
/// others wait.
class CredentialHasher {
public:
    virtual ~CredentialHasher() = default;
    /// argon2id, encoded with its parameters and a salt of its own.
    virtual Outcome<std::string> hash_password(Bytes password) = 0;
    virtual bool password_matches(Bytes password, const std::string& hash) = 0;
    /// Of a password that nobody knows: what is compared for a user who does not exist.
    virtual const std::string& hash_of_nobody() = 0;
    /// RFC 6238: six digits.
    virtual std::string one_time_code(Bytes secret, std::int64_t step) = 0;
};

/// Threads for what takes long. Jobs may take the turn.
class Workers {
public:
    virtual ~Workers() = default;
    /// False when too many jobs wait: this one never runs.
    [[nodiscard]] virtual bool run(std::function<void()> job) = 0;
};

struct ArchiveEntry {
    std::string name;
    SecretBuffer content;
};

class Archiver {
public:
    virtual ~Archiver() = default;
    virtual Outcome<Buffer> zip(const std::vector<ArchiveEntry>& entries, UnixTime now) = 0;
};

/// The way down to what enforces. Never waits.
class Gatekeeper {
public:
    virtual ~Gatekeeper() = default;
    /// Something that is enforced has changed: a new snapshot and wanted state are due.
    virtual void changed() = 0;
    virtual void disconnect(const bridge::Disconnect& order) = 0;
    virtual void release(const bridge::ReleaseSlot& order) = 0;
    /// `Logins::take_ready` has something. From any thread, with or without the turn.
    virtual void logins_ready() = 0;
};

/// What the data process saw of one client.
class FlowSource {
public:
    virtual ~FlowSource() = default;
    /// Waits for the data process, at most a second: never call it with the turn. Nothing when it
    /// is away or does not answer, or too many ask at once.
    virtual std::optional<bridge::FlowAnswer> flows_of(std::uint64_t session) = 0;
};

/// Fixed for the life of the process.
struct Installation {
    std::vector<Ipv4> public_addresses;        // at least one
    std::optional<Ipv6> public_address6 = {};  // that bundles name; none: they name IPv4 ones only
    std::uint32_t gateways_per_account = 30;
    std::uint32_t servers_per_gateway = 10;
    std::uint32_t certificates_per_account = 10'000;
    std::uint32_t customer_gateways_per_region = 100;
    std::uint32_t connections_per_gateway = 50;
    std::uint32_t routes_per_gateway = 200;  // by destination; as many policy-based ones
    std::uint32_t vswitches_per_vpc = 150;
    std::uint16_t tun_queues = 1;
};

struct Ports {
    Books& books;
    AttemptLog& log;
    MeterBook& meters;
    Authority& authority;
    Sealer& sealer;
    Archiver& archiver;
    CredentialHasher& hasher;
    Workers& workers;
    Gatekeeper& gatekeeper;
    FlowSource& flows;
    Random& random;
    Installation installation;
    std::mutex turn{};
    /// Up to which change the kernel is known to hold what is wanted.
    std::atomic<std::uint64_t> settled{0};
};

}  // namespace kanmon::usecases
