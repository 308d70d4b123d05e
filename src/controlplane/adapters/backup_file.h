// A backup of a gateway as one file, sealed with a passphrase.
//
//      0        8         9            13       17     33
//     +--------+---------+------------+--------+------+---------+---------+----
//     | KMBACKUP | version | memory, KiB | passes | salt | chunk 1 | chunk 2 | …
//     +--------+---------+------------+--------+------+---------+---------+----
//
// A chunk is 64 KiB of the content (the last one less), sealed by master_key_sealer.h under the key
// that argon2id makes of passphrase and salt. Bound to it are the header, the chunk's number and
// whether it is the last: no octet can be changed, moved or cut off unnoticed.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "controlplane/adapters/argon2_hasher.h"

namespace kanmon::adapters {

struct BackupEntry {
    std::string name;
    SecretBuffer content;
    friend bool operator==(const BackupEntry&, const BackupEntry&) = default;
};

inline constexpr std::size_t backup_octets_max = std::size_t{1} << 30;  // all entries together
inline constexpr std::size_t passphrase_octets_min = 8;
inline constexpr std::size_t passphrase_octets_max = 1024;
inline constexpr Argon2Cost backup_cost{.memory_kib = 64 * 1024, .passes = 3};  // RFC 9106

/// The error is one sentence: what does not fit its limit.
Expected<Buffer, std::string> seal_backup(const std::vector<BackupEntry>& entries, Bytes passphrase,
                                          Random& random, const Argon2Cost& cost = backup_cost);
/// The error is one sentence: no backup, of a newer version, another passphrase, damaged.
Expected<std::vector<BackupEntry>, std::string> open_backup(Bytes file, Bytes passphrase,
                                                            Random& random);

}  // namespace kanmon::adapters
