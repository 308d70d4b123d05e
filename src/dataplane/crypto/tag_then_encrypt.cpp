#include "dataplane/crypto/tag_then_encrypt.h"

#include "dataplane/crypto/hmac.h"
#include "dataplane/crypto/openssl_handle.h"

namespace kanmon::crypto {
namespace {

constexpr std::size_t iv_octets = 16;

/// CTR is its own inverse.
void apply_ctr(const Secret<32>& key, Bytes tag, MutableBytes text) {
    const CipherContext context = make_cipher("AES-256-CTR", key.view(), Way::encrypt);
    require(start_cipher(context.get(), tag.first(iv_octets)) &&
                run_cipher(context.get(), text, text.data()),
            "AES-256-CTR");
}

}  // namespace

Buffer tag_then_encrypt(const Secret<32>& cipher, const Secret<32>& mac, Bytes clear, Bytes plain) {
    Buffer sealed = hmac_of(Digest::sha256, mac.view(), {clear, plain});
    append(sealed, plain);
    const MutableBytes whole(sealed);
    apply_ctr(cipher, whole.first(siv_tag_octets), whole.subspan(siv_tag_octets));
    return sealed;
}

std::optional<Buffer> decrypt_then_check(const Secret<32>& cipher, const Secret<32>& mac,
                                         Bytes clear, Bytes sealed) {
    if (sealed.size() < siv_tag_octets) return std::nullopt;
    const Bytes tag = sealed.first(siv_tag_octets);
    Buffer plain = copy_of(sealed.subspan(siv_tag_octets));
    apply_ctr(cipher, tag, plain);
    if (!constant_time_equal(hmac_of(Digest::sha256, mac.view(), {clear, plain}), tag))
        return std::nullopt;
    return plain;
}

}  // namespace kanmon::crypto
