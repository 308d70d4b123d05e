#include "controlplane/usecases/noted_times.h"

#include <fmt/core.h>

#include <sstream>

namespace kanmon::usecases {

Receipt note_times(const std::string& subject, const NotedTimes& noted) {
    std::string text;
    for (const UnixTime time : noted.times) text += std::to_string(seconds_of(time)) + " ";
    return {subject, text + noted.name};
}

Outcome<NotedTimes> read_times(const Receipt& receipt, std::size_t count) {
    NotedTimes noted;
    std::istringstream words(receipt.name);
    for (std::int64_t seconds = 0; noted.times.size() < count && words >> seconds; words.get())
        noted.times.push_back(unix_time_of(seconds));
    if (noted.times.size() < count)
        return model::refuse("InvalidParameter",
                             fmt::format("The call with this ClientToken was answered by an "
                                         "earlier version of the gateway, which kept no times; "
                                         "look at {} itself, or use another ClientToken.",
                                         receipt.subject));
    std::getline(words, noted.name);
    return noted;
}

}  // namespace kanmon::usecases
