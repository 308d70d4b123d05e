// Ping is 16 fixed octets. An OCC message:
//
//      0                 16     17
//     +-----------------+------+--------------------------+
//     | magic, 16 octets| type | depends on the type      |
//     +-----------------+------+--------------------------+
//
//      type 0 request      nothing          4 MTU request   nothing
//           1 reply        text and NUL     5 MTU reply     received u16, sent u16
//           2 load request size u16         6 exit          nothing
//           3 load         filler
#include "dataplane/wire/in_band.h"

#include <algorithm>

namespace kanmon::wire {

namespace {

template <class... Octets>
constexpr auto octets_of(Octets... octets) {
    return std::array<std::byte, sizeof...(Octets)>{static_cast<std::byte>(octets)...};
}

constexpr auto ping = octets_of(0x2a, 0x18, 0x7b, 0xf3, 0x64, 0x1e, 0xb4, 0xcb,  //
                                0x07, 0xed, 0x2d, 0x0a, 0x98, 0x1f, 0xc7, 0x48);
constexpr auto occ_exit = octets_of(0x28, 0x7f, 0x34, 0x6b, 0xd4, 0xef, 0x7a, 0x81,  //
                                    0x2d, 0x56, 0xb8, 0xd3, 0xaf, 0xc5, 0x45, 0x9c, 0x06);
constexpr std::size_t occ_magic_octets = 16;
constexpr std::uint8_t occ_reply_type = 1;
constexpr std::uint8_t occ_mtu_reply_type = 5;

constexpr std::array occ_types{
    InBand::occ_request,  InBand::occ_reply,       InBand::occ_mtu_load_request,
    InBand::occ_mtu_load, InBand::occ_mtu_request, InBand::occ_mtu_reply,
    InBand::occ_exit};

Bytes occ_magic() {
    return Bytes(occ_exit).first(occ_magic_octets);
}

}  // namespace

InBand classify(Bytes payload) {
    if (std::ranges::equal(payload, ping)) return InBand::ping;
    ByteReader in(payload);
    if (!std::ranges::equal(in.bytes(occ_magic_octets), occ_magic())) return InBand::none;
    const std::uint8_t type = in.u8();
    if (!in.ok() || type >= occ_types.size()) return InBand::occ_unknown;
    return occ_types[type];
}

Bytes ping_payload() {
    return ping;
}

Bytes occ_exit_payload() {
    return occ_exit;
}

Buffer occ_reply_payload(std::string_view options) {
    BufferWriter out;
    out.bytes(occ_magic());
    out.u8(occ_reply_type);
    out.bytes(as_bytes(options));
    out.u8(0);
    return out.finish();
}

Buffer occ_mtu_reply_payload() {
    BufferWriter out;
    out.bytes(occ_magic());
    out.u8(occ_mtu_reply_type);
    out.u16(0);
    out.u16(0);
    return out.finish();
}

}  // namespace kanmon::wire
