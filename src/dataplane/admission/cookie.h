// Stateless cookies: our session id in the answer to a hello proves that the client receives at its
// address, and costs us no memory.
//
//     cookie = SipHash-2-4(key, listener ‖ remote address ‖ remote port ‖ client's id ‖ slot)
//
// A slot is 30 s of boot time. A cookie of the present slot or of the two before is accepted: it
// lives 60 to 90 s. One of a future slot is not. Source: wire reference, section 5.
#pragma once

#include "base/address.h"
#include "base/time.h"
#include "dataplane/admission/sip_hash.h"
#include "dataplane/wire/opcode.h"

namespace kanmon::admission {

inline constexpr Duration cookie_slot = 30s;
inline constexpr std::uint64_t cookie_slots_back = 2;

/// Who says hello, and where.
struct Greeter {
    std::uint32_t server = 0;
    std::uint32_t listener = 0;
    Endpoint remote;
    wire::SessionId session;
};

/// A number that stands for this greeter in a table; never 0. Others cannot aim at it.
std::uint64_t name_of(const Greeter& greeter, const SipKey& key);

class CookieMaker {
public:
    explicit CookieMaker(const SipKey& key) : key_(key) {}

    /// Never zero.
    wire::SessionId issue(const Greeter& greeter, Instant now) const;
    bool is_ours(const wire::SessionId& cookie, const Greeter& greeter, Instant now) const;

private:
    wire::SessionId of_slot(const Greeter& greeter, std::uint64_t slot) const;
    SipKey key_;
};

}  // namespace kanmon::admission
