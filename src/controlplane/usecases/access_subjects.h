// Whom an access rule means: checked when it is written, named when it is shown, resolved when it
// is enforced.
#pragma once

#include "controlplane/usecases/access_rules.h"

namespace kanmon::usecases {

/// Those that were sent. InvalidIDaaSUserId.NotFound, InvalidIDaaSGroupId.NotFound,
/// InvalidSslVpnClientCertId.NotFound (404), IllegalParam.<parameter>.
Outcome<model::AccessSubjects> checked_subjects(Ledger& ledger, const Call& call,
                                                const model::SslServer& server,
                                                const AccessRuleChange& change);

/// Name of whom the server knows under this id; nothing when there is nobody.
std::optional<std::string> subject_name(Ledger& ledger, const model::SslServer& server,
                                        std::string_view kind, const std::string& id);

std::vector<AccessSubjectView> subject_views(Ledger& ledger, const model::SslServer& server,
                                             const model::AccessSubjects& subjects);

/// Ids of the groups of the server's source that a user is in.
std::vector<std::string> groups_of(Ledger& ledger, const model::SslServer& server,
                                   const std::string& user);

}  // namespace kanmon::usecases
