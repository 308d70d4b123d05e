// The end of the audit log in a file of its own, sealed, so that nobody without the master key
// writes one that fits a shorter log.
#pragma once

#include "controlplane/usecases/audit_watch.h"

namespace kanmon::adapters {

class AuditHeadFile final : public usecases::HeadPlace {
public:
    AuditHeadFile(std::string path, usecases::Sealer& sealer)
        : path_(std::move(path)), sealer_(sealer) {}

    Expected<std::optional<usecases::AuditHead>, std::string> read() override;
    Expected<void, std::string> write(const usecases::AuditHead& head) override;
    /// As PATH.unmatched, in the place of an earlier one.
    void put_aside() override;

private:
    std::string path_;
    usecases::Sealer& sealer_;
};

}  // namespace kanmon::adapters
