#include "dataplane/crypto/tag_then_encrypt.h"

#include <algorithm>

namespace kanmon::crypto {
namespace {

constexpr std::size_t iv_octets = 16;

}  // namespace

TagThenEncrypt::TagThenEncrypt(const Secret<32>& cipher, const Secret<32>& mac)
    : cipher_(make_cipher("AES-256-CTR", cipher.view(), Way::encrypt)),
      mac_(Digest::sha256, mac.view()) {}

void TagThenEncrypt::rekey(const Secret<32>& cipher, const Secret<32>& mac) {
    require(rekey_cipher(cipher_.get(), cipher.view()), "scheduling a key");
    mac_.rekey(mac.view());
}

void TagThenEncrypt::apply_ctr(Bytes tag, MutableBytes text) {
    require(start_cipher(cipher_.get(), tag.first(iv_octets)) &&
                run_cipher(cipher_.get(), text, text.data()),
            "AES-256-CTR");
}

MutableBytes TagThenEncrypt::seal(std::initializer_list<Bytes> clear, Bytes plain,
                                  MutableBytes room) {
    const MutableBytes tag = room.first(siv_tag_octets);
    const MutableBytes text = room.subspan(siv_tag_octets, plain.size());
    mac_.start();
    for (const Bytes part : clear) mac_.add(part);
    mac_.add(plain);
    mac_.finish(tag);
    std::ranges::copy(plain, text.begin());
    apply_ctr(tag, text);
    return room.first(siv_tag_octets + plain.size());
}

std::optional<MutableBytes> TagThenEncrypt::open(std::initializer_list<Bytes> clear, Bytes sealed,
                                                 MutableBytes room) {
    if (sealed.size() < siv_tag_octets) return std::nullopt;
    const Bytes tag = sealed.first(siv_tag_octets);
    const Bytes ciphertext = sealed.subspan(siv_tag_octets);
    const MutableBytes plain = room.first(ciphertext.size());
    std::ranges::copy(ciphertext, plain.begin());
    apply_ctr(tag, plain);
    std::array<std::byte, siv_tag_octets> expected{};
    mac_.start();
    for (const Bytes part : clear) mac_.add(part);
    mac_.add(plain);
    mac_.finish(expected);
    if (constant_time_equal(expected, tag)) return plain;
    wipe(plain);
    return std::nullopt;
}

}  // namespace kanmon::crypto
