#include "broker/namespace_visit.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "broker/wanted.h"

namespace kanmon::broker {

std::string path_of_namespace(const std::string& vpc_namespace) {
    return "/run/netns/" + vpc_namespace;
}

Expected<NamespaceVisit, std::string> NamespaceVisit::enter(const std::string& vpc_namespace) {
    NamespaceVisit visit;
    if (vpc_namespace.empty()) return visit;
    const auto problem = [&] {
        return unexpected("enter " + place_of(vpc_namespace) + ": " + std::strerror(errno));
    };
    UniqueFd home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    const UniqueFd there(::open(path_of_namespace(vpc_namespace).c_str(), O_RDONLY | O_CLOEXEC));
    if (!home || !there) return problem();
    if (::setns(there.get(), CLONE_NEWNET) != 0) return problem();
    visit.home_ = std::move(home);
    return visit;
}

NamespaceVisit::~NamespaceVisit() {
    if (home_ && ::setns(home_.get(), CLONE_NEWNET) != 0) std::abort();
}

}  // namespace kanmon::broker
