// A stay of the calling thread in another network namespace.
//
// While it lives, sockets, /dev/net/tun, /proc/sys/net and started processes belong to that
// namespace. Its end brings the thread home; when that is impossible the process aborts, since
// everything it did next would be done in the wrong place.
// Owner: one thread; visits do not nest.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace kanmon::broker {

class NamespaceVisit {
public:
    /// An empty name is home: nothing moves.
    static Expected<NamespaceVisit, std::string> enter(const std::string& vpc_namespace);

    NamespaceVisit(NamespaceVisit&&) = default;
    NamespaceVisit& operator=(NamespaceVisit&&) = delete;
    ~NamespaceVisit();

private:
    NamespaceVisit() = default;
    UniqueFd home_;  // empty when the thread did not move
};

std::string path_of_namespace(const std::string& vpc_namespace);

}  // namespace kanmon::broker
