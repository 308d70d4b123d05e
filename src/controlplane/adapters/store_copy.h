// The store as octets, taken while others write to it, and put back.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace kanmon::adapters {

/// One state of the store at `path`, all that was committed when it was taken; writers wait for
/// nothing. The error is one sentence.
Expected<SecretBuffer, std::string> copy_store(const std::string& path);

/// Sound, and of a version that this program knows. The error is one sentence.
Expected<void, std::string> check_store(const std::string& path);

}  // namespace kanmon::adapters
