#include "dataplane/admission/contest_book.h"

namespace kanmon::admission {

bool ContestBook::replaced(const std::string& server_id, const std::string& holder, Instant now) {
    const std::pair key{server_id, holder};
    if (entries_.size() >= holders_max && !entries_.contains(key)) return false;
    Entry& entry = entries_.try_emplace(key, Entry{.first = now}).first->second;
    if (now - entry.first >= window) entry = Entry{.first = now};
    if (++entry.replacements <= replacements_max) return false;
    entries_.erase(key);
    return true;
}

void ContestBook::sweep(Instant now) {
    std::erase_if(entries_, [&](const auto& entry) { return now - entry.second.first >= window; });
}

}  // namespace kanmon::admission
