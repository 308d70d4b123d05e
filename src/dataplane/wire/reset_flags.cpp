#include "dataplane/wire/reset_flags.h"

namespace kanmon::wire {

namespace {

constexpr std::uint16_t type_early_negotiation = 1;
constexpr std::uint16_t flag_resend_wrapped_key = 1;

}  // namespace

Buffer encode(const ResetFlags& flags) {
    if (!flags.resend_wrapped_key) return {};
    BufferWriter out;
    out.u16(type_early_negotiation);
    out.u16(2);
    out.u16(flag_resend_wrapped_key);
    return out.finish();
}

Decoded<ResetFlags> decode_reset_flags(Bytes payload) {
    ResetFlags flags;
    ByteReader in(payload);
    while (in.remaining() > 0) {
        const std::uint16_t type = in.u16();
        const Bytes value = in.bytes(in.u16());
        if (!in.ok()) return unexpected(Cause::truncated);
        if (type != type_early_negotiation) continue;
        if (value.size() < 2) return unexpected(Cause::malformed);
        flags.resend_wrapped_key = (ByteReader(value).u16() & flag_resend_wrapped_key) != 0;
    }
    return flags;
}

}  // namespace kanmon::wire
