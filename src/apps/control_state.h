// The state folder of the control process and what lies in it.
//
//   kanmon.db              the books
//   log.db, meters.db      the log of connection attempts, and what was carried; each may be
//   deleted
//                          while nothing runs
//   master.key             what secrets in them are sealed with; back it up apart from them
//   root-access-key.json   the operator's access key, for the command line
//   audit-head             where the audit log ended, sealed; not in backups, made anew without one
//   control.lock           held while a control process works on the folder
#pragma once

#include <memory>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "controlplane/usecases/accounts.h"
#include "controlplane/usecases/meter_book.h"

namespace kanmon::apps {

struct ControlState {
    UniqueFd lock;
    std::unique_ptr<usecases::Books> books;
    std::unique_ptr<usecases::AttemptLog> log;
    std::unique_ptr<usecases::MeterBook> meters;
    std::unique_ptr<usecases::Sealer> sealer;
};

/// Makes the folder at the first start. The error is one sentence that says what to do.
struct RecordLimits {
    usecases::LogLimits log{};
    usecases::MeterLimits meters{};
};
Expected<ControlState, std::string> open_control_state(const std::string& folder,
                                                       const RecordLimits& limits, Random& random);

/// {"AccessKeyId", "AccessKeySecret"} with mode 0600; written again when it is missing.
Expected<void, std::string> write_root_key(const std::string& folder,
                                           const usecases::AccountCreated& root);

/// The kernel's name for this boot.
std::string boot_name();

}  // namespace kanmon::apps
