// Texts inside TLS after key-method 2: PUSH_REQUEST, PUSH_REPLY, AUTH_FAILED, EXIT, …
// Source: wire reference, sections 22, 23, 25.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dataplane/wire/opcode.h"

namespace kanmon::wire {

inline constexpr std::size_t control_message_octets_max = 2048;  // received, with NUL
inline constexpr std::size_t sent_message_octets_max = 1024;     // sent, with NUL

/// Cuts the plaintext stream at NULs. Owner keeps one for each TLS session.
class MessageSplitter {
public:
    /// Errors: `malformed` when a message is longer than the maximum; the stream is then unusable.
    Decoded<void> feed(Bytes plaintext);
    /// The next whole message without its NUL and without trailing CR/LF. Messages with control
    /// characters are skipped and counted.
    std::optional<std::string> next();
    std::uint32_t skipped() const { return skipped_; }

private:
    std::string pending_;
    std::vector<std::string> ready_;
    std::size_t taken_ = 0;
    std::uint32_t skipped_ = 0;
};

enum class MessageKind : std::uint8_t {
    push_request,
    push_reply,
    push_update,
    auth_failed,
    auth_pending,
    info,
    info_pre,
    cr_response,
    restart,
    halt,
    exit,
    unknown
};
struct ControlMessage {
    MessageKind kind = MessageKind::unknown;
    std::string_view argument;  // after the first comma; borrows
};
ControlMessage parse_control_message(std::string_view text);

/// PUSH_REPLY as one or more messages, each at most `sent_message_octets_max` with its NUL, split
/// between options only, with push-continuation 2/1. `options` hold no comma. The last
/// `tail_options` of them stay together in the last message (ifconfig, peer-id, cipher, flags).
/// Errors: `oversize` when one option alone does not fit.
Decoded<std::vector<std::string>> push_reply(const std::vector<std::string>& options,
                                             std::size_t tail_options);

/// PUSH_UPDATE in the same way, only for clients that announce it. A kind of option that stands in
/// it replaces all options of that kind; "-kind" removes them all. Continuations are one update.
Decoded<std::vector<std::string>> push_update(const std::vector<std::string>& options);

/// The message as it goes into TLS: its text and one NUL.
Buffer with_nul(std::string_view text);

}  // namespace kanmon::wire
