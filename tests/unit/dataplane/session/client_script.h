// The client's half of a conversation with `Session`, just enough of it to play all its scenes.
//
// It starts where a UDP session starts: both resets are done. TLS runs inline. The real client
// engine with data packets is the simulator's; this one speaks the control channel only.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "dataplane/crypto/tls.h"
#include "dataplane/session/key_state.h"
#include "dataplane/session/reliability.h"

namespace kanmon::session {

struct Personality {
    std::string peer_info;
    std::string options =
        "V4,dev-type tun,link-mtu 1557,tun-mtu 1500,proto UDPv4,cipher AES-128-CBC,auth SHA1,"
        "keysize 128,key-method 2,tls-client";
    std::string username{};
    std::string password{};          // the whole field, so that it may be SCRV1, CRV1 or a token
    bool asks_at_once = false;       // PUSH_REQUEST right behind the key exchange (openvpn3)
    bool asks = true;                // PUSH_REQUEST every 5 s while unanswered
    bool answers_soft_reset = true;  // openvpn3 answers by its ClientHello instead
};

class ClientScript {
public:
    ClientScript(std::shared_ptr<const crypto::TlsFactory> tls, Personality personality,
                 SessionIds ids, Random& random)
        : tls_(std::move(tls)), personality_(std::move(personality)), ids_(ids), random_(random) {
        open(0, 1);
    }

    void receive(Bytes datagram, Instant now) {
        const auto plain = unwrap(datagram);
        if (!plain) return;
        const auto packet = wire::decode_control_packet(*plain);
        if (!packet || packet->sender != ids_.peer) return;
        if (!keys_.contains(packet->key_id)) open(packet->key_id, 0, true);
        Key& key = keys_.at(packet->key_id);
        key.send.acknowledge(packet->acks, now);
        if (!packet->packet_id) return;
        key.receive.accept(*packet->packet_id, packet->payload);
        while (const auto payload = key.receive.next_in_order())
            if (!payload->empty()) advance(key, *payload, now);
    }

    std::optional<Buffer> next_datagram(Instant now) {
        if (silent) return std::nullopt;
        ask_again(now);
        for (auto& [key_id, key] : keys_) {
            wire::ControlPacket packet;
            packet.key_id = key_id;
            packet.sender = ids_.own;
            packet.receiver = ids_.peer;
            if (const auto due = key.send.next_due(now)) {
                packet.opcode = due->opcode;
                packet.packet_id = due->packet_id;
                packet.payload = due->payload;
                packet.acks = key.receive.take_acks(acks_on_control);
                return wrap(packet);
            }
            if (key.receive.owes_acks()) {
                packet.opcode = wire::Opcode::ack_v1;
                packet.acks = key.receive.take_acks(acks_alone);
                return wrap(packet);
            }
        }
        return std::nullopt;
    }

    /// What later key exchanges carry.
    void use_password(std::string password) { personality_.password = std::move(password); }
    void renegotiate(wire::KeyId key_id) { open(key_id, 0, true); }
    void say(std::string_view message) { say(keys_.at(newest_), message); }
    bool has_exchanged(wire::KeyId key_id) const {
        return keys_.contains(key_id) && keys_.at(key_id).exchanged;
    }
    const std::vector<std::string>& heard() const { return heard_; }
    bool heard(std::string_view beginning) const {
        return std::ranges::any_of(
            heard_, [&](const std::string& text) { return text.starts_with(beginning); });
    }

    /// What wraps control packets; nothing when null.
    void wrap_with(std::shared_ptr<crypto::ControlWrap> wrap) { fixed_.wrap = std::move(wrap); }
    bool uses_dynamic() const { return dynamic_.wrap != nullptr; }

    bool silent = false;
    bool dynamic_for_all = false;  // key id 0 as well (openvpn3)
    std::shared_ptr<const crypto::TlsFactory> tls_of_later_keys;

private:
    struct Key {
        SendWindow send;
        ReceiveWindow receive;
        std::unique_ptr<crypto::TlsEngine> engine;
        bool introduced = false;
        bool exchanged = false;
        Buffer plaintext;
        wire::MessageSplitter messages;
    };

    /// Also used by a fuzz target, so no test framework here.
    static void require(bool holds) {
        if (!holds) std::abort();
    }

    void open(wire::KeyId key_id, std::uint32_t first_id, bool soft = false) {
        std::erase_if(keys_, [&](const auto& entry) { return entry.first != newest_; });
        newest_ = key_id;
        const auto& factory = soft && tls_of_later_keys ? tls_of_later_keys : tls_;
        Key& key = keys_
                       .emplace(key_id, Key{SendWindow(first_id),
                                            ReceiveWindow(first_id),
                                            factory->make(),
                                            false,
                                            false,
                                            {},
                                            {}})
                       .first->second;
        if (soft && personality_.answers_soft_reset) {
            require(key.send.queue(wire::Opcode::soft_reset_v1, {}));
        }
        put(key, key.engine->advance({}));
    }

    void advance(Key& key, Bytes ciphertext, Instant now) {
        crypto::TlsOutput output = key.engine->advance({copy_of(ciphertext), {}});
        const bool established = output.established;
        if (output.dynamic_tls_crypt && newest_ == 0) exported_ = output.dynamic_tls_crypt;
        append(key.plaintext, output.plaintext);
        put(key, std::move(output));
        if (established && !key.introduced) introduce(key, now);
        listen(key, now);
    }

    static void put(Key& key, crypto::TlsOutput output) {
        if (!output.ciphertext.empty()) {
            require(key.send.queue(wire::Opcode::control_v1, output.ciphertext));
        }
    }

    void introduce(Key& key, Instant now) {
        wire::ClientKeyMethod2 message;
        random_.fill(message.pre_master.mutable_view());
        random_.fill(message.random1.mutable_view());
        random_.fill(message.random2.mutable_view());
        message.options = personality_.options;
        message.peer_info = personality_.peer_info;
        message.username = personality_.username;
        message.password = SecretBuffer(as_bytes(personality_.password));
        crypto::TlsInput input;
        input.plaintext = SecretBuffer(wire::encode(message));
        put(key, key.engine->advance(std::move(input)));
        key.introduced = true;
        if (personality_.asks_at_once) say(key, "PUSH_REQUEST");
        next_request_ = now + 1s;
    }

    void listen(Key& key, Instant) {
        if (!key.exchanged) {
            const auto read = wire::decode_server_key_method_2(key.plaintext);
            require(read.has_value());
            if (!*read) return;
            key.exchanged = true;
            key.plaintext.erase(
                key.plaintext.begin(),
                key.plaintext.begin() + static_cast<std::ptrdiff_t>((*read)->octets));
        }
        require(key.messages.feed(key.plaintext).has_value());
        key.plaintext.clear();
        while (auto text = key.messages.next()) {
            if (text->find("dyn-tls-crypt") != std::string::npos && exported_)
                dynamic_.wrap = std::make_shared<crypto::TlsCrypt>(
                    crypto::dynamic_key(*exported_,
                                        fixed_.wrap ? &fixed_.wrap->static_key() : nullptr),
                    crypto::Side::client);
            heard_.push_back(std::move(*text));
        }
    }

    void ask_again(Instant now) {
        Key& first = keys_.at(newest_);
        if (!personality_.asks || !first.exchanged || !heard_.empty() || now < next_request_)
            return;
        next_request_ = now + 5s;
        say(first, "PUSH_REQUEST");
    }

    void say(Key& key, std::string_view message) {
        crypto::TlsInput input;
        input.plaintext = SecretBuffer(wire::with_nul(message));
        put(key, key.engine->advance(std::move(input)));
    }

    struct Layer {
        std::shared_ptr<crypto::ControlWrap> wrap;
        std::uint32_t sent = 1;  // the hello came before this script begins
    };
    Buffer wrap(const wire::ControlPacket& packet) {
        Buffer plain = wire::encode(packet);
        const bool dynamic = dynamic_.wrap && (packet.key_id != 0 || dynamic_for_all);
        Layer& layer = dynamic ? dynamic_ : fixed_;
        if (!layer.wrap) return plain;
        return crypto::wrapped(*layer.wrap, plain, {.id = ++layer.sent, .time = 1'700'000'000});
    }
    std::optional<Buffer> unwrap(Bytes datagram) {
        const auto first = wire::peek(datagram);
        if (!first) return std::nullopt;
        const bool dynamic = dynamic_.wrap && first->key_id != 0;
        const Layer& layer = dynamic ? dynamic_ : fixed_;
        if (!layer.wrap) return copy_of(datagram);
        Buffer room(datagram.size());
        const auto opened = layer.wrap->unwrap(datagram, room);
        if (!opened) return std::nullopt;
        return copy_of(opened->packet);
    }

    Layer fixed_, dynamic_{.wrap = nullptr, .sent = 0};
    std::optional<crypto::KeyBlock> exported_;
    std::shared_ptr<const crypto::TlsFactory> tls_;
    Personality personality_;
    SessionIds ids_;
    Random& random_;
    std::map<wire::KeyId, Key> keys_;  // the newest and the one before it, as stock clients keep
    wire::KeyId newest_ = 0;
    std::vector<std::string> heard_;
    Instant next_request_{};
};

}  // namespace kanmon::session
