#include "dataplane/crypto/data_key.h"

#include <cassert>

namespace kanmon::crypto {

std::unique_ptr<DataKey> make_data_key(const KeyMaterial& material) {
    if (!is_aead(material.suite)) return make_hmac_data_key(material);
    return material.format == DataFormat::epoch ? make_epoch_data_key(material)
                                                : make_aead_data_key(material);
}

KeyHalves halves_of(const KeyMaterial& material) {
    const Bytes to_server = material.block.view().first(128);
    const Bytes to_client = material.block.view().last(128);
    if (material.side == Side::server) return {.sealing = to_client, .opening = to_server};
    return {.sealing = to_server, .opening = to_client};
}

CipherContext make_cipher(CipherSuite suite, Bytes key, Way way) {
    assert(suite != CipherSuite::none);
    // The only suite that OpenSSL spells in another way.
    const bool is_chacha = suite == CipherSuite::chacha20_poly1305;
    return make_cipher(is_chacha ? "ChaCha20-Poly1305" : name_of(suite).data(), key, way);
}

}  // namespace kanmon::crypto
