// Secrets at rest under one master key: AES-256-GCM, the context as additional data.
//
//      0         1         13                    end - 16
//     +---------+---------+---------------------+----------+
//     | version | nonce   | ciphertext          | tag      |
//     | 1       | random  |                     |          |
//     +---------+---------+---------------------+----------+
//
// The key lies in a file of its own, mode 0400, apart from the store: a copy of the store alone
// gives no key away. Losing the file loses the keys: it is never made anew beside a store.
#pragma once

#include <memory>
#include <string>

#include "base/secret.h"
#include "controlplane/usecases/ports.h"

namespace kanmon::adapters {

using MasterKey = Secret<32>;

/// Reads the file, or makes it when `may_make`. The refusal says what to do.
model::Outcome<MasterKey> load_master_key(const std::string& path, bool may_make, Random& random);

std::unique_ptr<usecases::Sealer> make_sealer(const MasterKey& key, Random& random);

}  // namespace kanmon::adapters
