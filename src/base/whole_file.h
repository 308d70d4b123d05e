// Writes a file whole or not at all: beside it first, on the disk, then under its name.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace kanmon {

/// Replaces what is there. The error is one sentence with the path.
Expected<void, std::string> write_whole_file(const std::string& path, Bytes bytes, mode_t mode);

}  // namespace kanmon
