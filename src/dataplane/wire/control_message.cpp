#include "dataplane/wire/control_message.h"

#include <utility>

#include "base/secret.h"
#include "dataplane/wire/text_fields.h"

namespace kanmon::wire {

namespace {

constexpr std::string_view reply = "PUSH_REPLY";
constexpr std::string_view update = "PUSH_UPDATE";
constexpr std::string_view more_follows = ",push-continuation 2";
constexpr std::string_view last_of_several = ",push-continuation 1";
constexpr std::size_t text_octets_max = sent_message_octets_max - 1;  // room for the NUL

constexpr std::array<std::pair<std::string_view, MessageKind>, 11> kinds{{
    {"PUSH_REQUEST", MessageKind::push_request},
    {"PUSH_REPLY", MessageKind::push_reply},
    {"PUSH_UPDATE", MessageKind::push_update},
    {"AUTH_FAILED", MessageKind::auth_failed},
    {"AUTH_PENDING", MessageKind::auth_pending},
    {"INFO", MessageKind::info},
    {"INFO_PRE", MessageKind::info_pre},
    {"CR_RESPONSE", MessageKind::cr_response},
    {"RESTART", MessageKind::restart},
    {"HALT", MessageKind::halt},
    {"EXIT", MessageKind::exit},
}};

std::string joined(std::span<const std::string> options) {
    std::string text;
    for (const std::string& option : options) text.append(",").append(option);
    return text;
}

/// The options behind `name`, in as many messages as they take.
Decoded<std::vector<std::string>> push(std::string_view name,
                                       const std::vector<std::string>& options,
                                       std::size_t tail_options) {
    std::string whole(name);
    whole += joined(options);
    if (whole.size() <= text_octets_max) return std::vector{std::move(whole)};

    // Pieces are never divided: each option of the head by itself, then the tail as a whole.
    const std::size_t head = options.size() - std::min(tail_options, options.size());
    std::vector<std::string> pieces;
    for (std::size_t i = 0; i < head; ++i) pieces.push_back("," + options[i]);
    if (head < options.size()) pieces.push_back(joined(std::span(options).subspan(head)));

    std::vector<std::string> messages;
    std::string message(name);
    for (const std::string& piece : pieces) {
        if (name.size() + piece.size() + more_follows.size() > text_octets_max)
            return unexpected(Cause::oversize);
        if (message.size() + piece.size() + more_follows.size() > text_octets_max) {
            messages.push_back(std::exchange(message, std::string(name)) +
                               std::string(more_follows));
        }
        message += piece;
    }
    messages.push_back(message + std::string(last_of_several));
    return messages;
}

}  // namespace

Decoded<void> MessageSplitter::feed(Bytes plaintext) {
    for (const std::byte octet : plaintext) {
        if (pending_.size() == control_message_octets_max) return unexpected(Cause::malformed);
        if (octet != std::byte{0}) {
            pending_ += static_cast<char>(octet);
            continue;
        }
        while (pending_.ends_with('\r') || pending_.ends_with('\n')) pending_.pop_back();
        if (has_control_character(pending_)) {
            ++skipped_;
        } else if (!pending_.empty()) {
            ready_.push_back(pending_);
        }
        wipe(std::as_writable_bytes(std::span(pending_)));  // it may have held a code
        pending_.clear();
    }
    if (pending_.size() == control_message_octets_max) return unexpected(Cause::malformed);
    return {};
}

std::optional<std::string> MessageSplitter::next() {
    if (taken_ == ready_.size()) {
        ready_.clear();
        taken_ = 0;
        return std::nullopt;
    }
    return std::move(ready_[taken_++]);
}

ControlMessage parse_control_message(std::string_view text) {
    const std::size_t comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    ControlMessage message;
    if (comma != std::string_view::npos) message.argument = text.substr(comma + 1);
    for (const auto& [word, kind] : kinds)
        if (word == name) message.kind = kind;
    return message;
}

Decoded<std::vector<std::string>> push_reply(const std::vector<std::string>& options,
                                             std::size_t tail_options) {
    return push(reply, options, tail_options);
}

Decoded<std::vector<std::string>> push_update(const std::vector<std::string>& options) {
    return push(update, options, 0);
}

Buffer with_nul(std::string_view text) {
    Buffer octets = copy_of(as_bytes(text));
    octets.push_back(std::byte{0});
    return octets;
}

}  // namespace kanmon::wire
