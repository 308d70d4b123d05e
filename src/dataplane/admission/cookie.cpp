#include "dataplane/admission/cookie.h"

#include "base/secret.h"

namespace kanmon::admission {

namespace {

std::uint64_t slot_at(Instant now) {
    // Counted from two slots on, so that looking back never passes below zero.
    return static_cast<std::uint64_t>(now.time_since_epoch() / cookie_slot) + cookie_slots_back;
}

}  // namespace

std::uint64_t name_of(const Greeter& greeter, const SipKey& key) {
    std::array<std::byte, 4 + 4 + 16 + 2 + 8> input{};
    ByteWriter out(input);
    out.u32(greeter.server);
    out.u32(greeter.listener);
    out.bytes(std::as_bytes(std::span(greeter.remote.address.octets)));
    out.u16(greeter.remote.port);
    out.bytes(greeter.session.octets);
    return sip_hash(key, input) | 1;
}

wire::SessionId CookieMaker::of_slot(const Greeter& greeter, std::uint64_t slot) const {
    std::array<std::byte, 4 + 4 + 16 + 2 + 8 + 8> input{};
    ByteWriter out(input);
    out.u32(greeter.server);
    out.u32(greeter.listener);
    out.bytes(std::as_bytes(std::span(greeter.remote.address.octets)));
    out.u16(greeter.remote.port);
    out.bytes(greeter.session.octets);
    out.u64(slot);
    const std::uint64_t mac = sip_hash(key_, input);
    wire::SessionId cookie;
    ByteWriter(cookie.octets).u64(mac == 0 ? 1 : mac);  // a zero session id is no session id
    return cookie;
}

wire::SessionId CookieMaker::issue(const Greeter& greeter, Instant now) const {
    return of_slot(greeter, slot_at(now));
}

bool CookieMaker::is_ours(const wire::SessionId& cookie, const Greeter& greeter,
                          Instant now) const {
    const std::uint64_t present = slot_at(now);
    bool equal = false;
    for (std::uint64_t back = 0; back <= cookie_slots_back; ++back)
        equal |= constant_time_equal(cookie.octets, of_slot(greeter, present - back).octets);
    return equal;
}

}  // namespace kanmon::admission
