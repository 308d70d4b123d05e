#include "controlplane/api/certificate_files.h"

#include <sys/stat.h>

namespace kanmon::api {

CertificateFiles::Stamp CertificateFiles::stamp_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return {};
    constexpr std::int64_t second = 1'000'000'000;
    return {static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino),
            static_cast<std::int64_t>(status.st_size),
            status.st_mtim.tv_sec * second + status.st_mtim.tv_nsec,
            status.st_ctim.tv_sec * second + status.st_ctim.tv_nsec};
}

Expected<ServerCertificate, std::string> CertificateFiles::read() {
    read_ = seen_ = stamps();  // before the content: what is written meanwhile is seen as a change
    return read_server_certificate(certificate_path_, key_path_);
}

bool CertificateFiles::changed(Instant now) {
    if (now < look_at_) return false;
    look_at_ = now + look_every;
    const auto present = stamps();
    if (present != seen_) {
        seen_ = present;
        seen_since_ = now;
    }
    if (seen_ == read_ || now < seen_since_ + rest_before_reading) return false;
    read_ = seen_;
    return true;
}

}  // namespace kanmon::api
