#include "controlplane/adapters/audit_head_file.h"

#include <fmt/core.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "base/whole_file.h"

namespace kanmon::adapters {

namespace {

const std::string context = "audit-head";

std::optional<usecases::AuditHead> head_of(const std::string& text) {
    std::istringstream in(text);
    usecases::AuditHead head;
    if (!(in >> head.number)) return std::nullopt;
    in >> head.link;  // of an old store's rows: empty
    return head;
}

}  // namespace

Expected<std::optional<usecases::AuditHead>, std::string> AuditHeadFile::read() {
    std::ifstream file(path_, std::ios::binary);
    if (!file) return std::optional<usecases::AuditHead>();
    std::ostringstream sealed;
    sealed << file.rdbuf();
    const auto plain = sealer_.unseal(as_bytes(sealed.str()), context);
    const auto head = plain ? head_of(as_text(plain->view())) : std::nullopt;
    if (head) return head;
    return unexpected(
        fmt::format("{} cannot be read, so that nobody knows where the audit log ended: the file "
                    "was damaged or changed behind the gateway.",
                    path_));
}

Expected<void, std::string> AuditHeadFile::write(const usecases::AuditHead& head) {
    const std::string text = fmt::format("{} {}", head.number, head.link);
    const auto sealed = sealer_.seal(as_bytes(text), context);
    if (!sealed) return unexpected(sealed.error().message);
    return write_whole_file(path_, *sealed, 0600);
}

void AuditHeadFile::put_aside() {
    static_cast<void>(std::rename(path_.c_str(), (path_ + ".unmatched").c_str()));
}

}  // namespace kanmon::adapters
