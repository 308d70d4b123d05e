// Times in a receipt, beside the name: what a repeated call is told again, whatever has become of
// the resource since.
#pragma once

#include <vector>

#include "controlplane/usecases/books.h"

namespace kanmon::usecases {

struct NotedTimes {
    std::vector<UnixTime> times;
    std::string name;
};

Receipt note_times(const std::string& subject, const NotedTimes& noted);
/// InvalidParameter for a receipt of a version that noted none.
Outcome<NotedTimes> read_times(const Receipt& receipt, std::size_t count);

}  // namespace kanmon::usecases
