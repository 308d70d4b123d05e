// The two files that the API's certificate comes from, and when they are worth reading again.
//
// Promises: a pair that is being replaced (one file new, the other not yet) is left alone until
//           both rest for `rest_before_reading`.
// Owner:    one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/time.h"
#include "controlplane/api/server_certificate.h"

namespace kanmon::api {

class CertificateFiles {
public:
    static constexpr Duration look_every = 1s;
    static constexpr Duration rest_before_reading = 2s;

    CertificateFiles(std::string certificate_path, std::string key_path)
        : certificate_path_(std::move(certificate_path)), key_path_(std::move(key_path)) {}

    const std::string& certificate_path() const { return certificate_path_; }

    /// Remembers the files as they are now. The error is one sentence with what to do.
    Expected<ServerCertificate, std::string> read();

    /// True once after the files have changed since they were last read and have rested. Cheap:
    /// asks the kernel every `look_every` at most.
    bool changed(Instant now);

private:
    /// Which file it is and when it was last written; all zero when it is not there.
    using Stamp = std::array<std::int64_t, 5>;
    static Stamp stamp_of(const std::string& path);
    std::array<Stamp, 2> stamps() const {
        return {stamp_of(certificate_path_), stamp_of(key_path_)};
    }

    std::string certificate_path_;
    std::string key_path_;
    std::array<Stamp, 2> read_{};
    std::array<Stamp, 2> seen_{};
    Instant seen_since_{};
    Instant look_at_{};
};

}  // namespace kanmon::api
