// Client to server and, without pre-master, server to client:
//
//      0      4        5             53        85        117
//     +------+--------+-------------+---------+---------+-----------------+
//     | zero | method | pre-master  | random1 | random2 | options         |
//     | u32  | u8 = 2 | 48, C>S only| 32      | 32      | text            |
//     +------+--------+-------------+---------+---------+-----------------+
//     | username text | password text | peer info text  |   each may be missing at the end
//     +---------------+---------------+-----------------+
//
// A text is u16 length (the NUL counts; 0 for absent), the octets, one NUL.
#include "dataplane/wire/key_method_2.h"

#include <algorithm>

namespace kanmon::wire {

namespace {

constexpr unsigned method_mask = 0x0f;

/// Reads from a stream that may end early: `wants_more` is no error, `malformed` is.
class FieldReader {
public:
    explicit FieldReader(Bytes stream) : in_(stream), size_(stream.size()) {}

    void header() {
        in_.u32();
        const unsigned method = in_.u8() & method_mask;
        if (in_.ok() && method != 2) malformed_ = true;
    }

    template <std::size_t N>
    Secret<N> secret() {
        return Secret<N>(in_.array<N>());
    }

    /// A text without its NUL, borrowed from the stream.
    Bytes text(std::size_t octets_max) {
        const std::size_t length = in_.u16();
        if (!in_.ok()) return {};
        if (length > octets_max) malformed_ = true;
        const Bytes whole = in_.bytes(length);
        if (whole.empty()) return {};
        const bool ends_with_its_only_nul =
            std::ranges::find(whole, std::byte{0}) == whole.end() - 1;
        if (!ends_with_its_only_nul) malformed_ = true;
        return whole.first(whole.size() - 1);
    }

    /// The server's empty fields: told from the control messages behind them by their zero length.
    void skip_empty_texts(unsigned count_max) {
        for (unsigned i = 0; i < count_max && in_.remaining() >= 2; ++i) {
            ByteReader ahead = in_;
            if (ahead.u16() != 0) return;
            in_ = ahead;
        }
    }

    bool at_end() const { return in_.remaining() == 0; }
    bool is_malformed() const { return malformed_; }
    bool wants_more() const { return !in_.ok(); }
    std::size_t consumed() const { return size_ - in_.remaining(); }

private:
    ByteReader in_;
    std::size_t size_;
    bool malformed_ = false;
};

void put_text(BufferWriter& out, Bytes text) {
    if (text.empty()) return out.u16(0);
    out.u16(static_cast<std::uint16_t>(text.size() + 1));
    out.bytes(text);
    out.u8(0);
}

void put_header(BufferWriter& out) {
    out.u32(0);
    out.u8(2);
}

}  // namespace

Decoded<std::optional<ReadSoFar<ClientKeyMethod2>>> decode_client_key_method_2(Bytes stream,
                                                                               bool at_record_end) {
    FieldReader in(stream);
    ClientKeyMethod2 message;
    in.header();
    message.pre_master = in.secret<48>();
    message.random1 = in.secret<32>();
    message.random2 = in.secret<32>();
    message.options = as_text(in.text(options_octets_max));
    const auto ends_here = [&] { return at_record_end && in.at_end() && !in.wants_more(); };
    if (!ends_here()) message.username = as_text(in.text(credential_octets_max));
    if (!ends_here()) message.password = SecretBuffer(in.text(credential_octets_max));
    if (!ends_here()) message.peer_info = as_text(in.text(peer_info_octets_max));
    if (in.is_malformed()) return unexpected(Cause::malformed);
    if (in.wants_more()) return std::nullopt;
    return ReadSoFar<ClientKeyMethod2>{std::move(message), in.consumed()};
}

Decoded<std::optional<ReadSoFar<ServerKeyMethod2>>> decode_server_key_method_2(Bytes stream) {
    FieldReader in(stream);
    ServerKeyMethod2 message;
    in.header();
    message.random1 = in.secret<32>();
    message.random2 = in.secret<32>();
    message.options = as_text(in.text(options_octets_max));
    if (in.is_malformed()) return unexpected(Cause::malformed);
    if (in.wants_more()) return std::nullopt;
    in.skip_empty_texts(3);
    return ReadSoFar<ServerKeyMethod2>{std::move(message), in.consumed()};
}

Buffer encode(const ClientKeyMethod2& message) {
    BufferWriter out;
    put_header(out);
    out.bytes(message.pre_master.view());
    out.bytes(message.random1.view());
    out.bytes(message.random2.view());
    put_text(out, as_bytes(message.options));
    put_text(out, as_bytes(message.username));
    put_text(out, message.password.view());
    put_text(out, as_bytes(message.peer_info));
    return out.finish();
}

Buffer encode(const ServerKeyMethod2& message) {
    BufferWriter out;
    put_header(out);
    out.bytes(message.random1.view());
    out.bytes(message.random2.view());
    put_text(out, as_bytes(message.options));
    for (int field = 0; field < 3; ++field) put_text(out, {});
    return out.finish();
}

}  // namespace kanmon::wire
