// Something that its account should know of and that nobody asked for: a certificate that ends
// soon.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "controlplane/model/id.h"

namespace kanmon::model {

struct Event {
    std::uint64_t number = 0;  // given by the store; a later event has a larger one
    AccountId account;
    UnixTime at{};
    std::string kind;      // "CertificateExpiresSoon"
    std::string resource;  // the id of what it is about
    std::string server;    // the SSL server that this belongs to
    std::string message;   // one sentence, with what to do
    friend bool operator==(const Event&, const Event&) = default;
};

/// Of each account; the oldest go first.
inline constexpr std::size_t events_max = 1000;

}  // namespace kanmon::model
