#include "broker/confinement.h"

#include <cap-ng.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

namespace kanmon::broker {

Expected<void, std::string> confine_broker() {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    capng_clear(CAPNG_SELECT_BOTH);
    const auto kept =
        static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET);
    for (const int capability : {CAP_NET_ADMIN, CAP_SYS_ADMIN, CAP_NET_BIND_SERVICE})
        if (capng_update(CAPNG_ADD, kept, static_cast<unsigned>(capability)) != 0)
            return unexpected<std::string>("libcap-ng does not know a capability");
    if (capng_apply(CAPNG_SELECT_BOTH) != 0)
        return unexpected(std::string("give up capabilities: ") + std::strerror(errno));
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return unexpected(std::string("prctl: ") + std::strerror(errno));
    return {};
}

}  // namespace kanmon::broker
