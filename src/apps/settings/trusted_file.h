// Reads a file that decides what a program of root's does: its configuration, its secrets.
//
// Promises: what is read is what was checked (by descriptor, never by name again), and nobody but
//           root and the reader could have written it or put another in its place.
#pragma once

#include <string>

#include "base/result.h"

namespace kanmon::apps {

enum class Reading : unsigned char { by_anybody, by_owner_and_group };

inline constexpr std::size_t trusted_octets_max = 64 * 1024;

/// Refused: no regular file, a symbolic link, another's, writable by others or (unless the group is
/// root's) by the group, longer than `trusted_octets_max`; the same for its directory. With
/// `by_owner_and_group` also one that anybody may read. The error is a sentence with what to do.
Expected<std::string, std::string> read_trusted_file(const std::string& path, Reading reading);

}  // namespace kanmon::apps
