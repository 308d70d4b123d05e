#include "controlplane/model/client_certificate.h"

namespace kanmon::model {

std::string_view certificate_status(const ClientCertificate& certificate, UnixTime now) {
    if (now > certificate.not_after) return "expired";
    if (now + expiring_soon >= certificate.not_after) return "expiring-soon";
    return "normal";
}

}  // namespace kanmon::model
