#include "dataplane/crypto/ipsec_mb_aead.h"

#include "base/secret.h"

#ifdef KANMON_IPSEC_MB
#include <intel-ipsec-mb.h>
#endif

namespace kanmon::crypto {

#ifdef KANMON_IPSEC_MB

namespace {

struct FreeManager {
    void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};
using Manager = std::unique_ptr<IMB_MGR, FreeManager>;

/// Features are known before anything else is set up: without AES-NI, setting up version 1.3
/// crashes.
Manager make_manager(std::uint64_t flags) {
    constexpr std::uint64_t needed = IMB_CPUFLAGS_SSE;
    Manager manager(alloc_mb_mgr(flags));
    if (manager == nullptr || (manager->features & needed) != needed) return nullptr;
    IMB_ARCH architecture = IMB_ARCH_NONE;
    init_mb_mgr_auto(manager.get(), &architecture);
    const std::uint64_t tested = manager->features & IMB_FEATURE_SELF_TEST;
    if (imb_get_errno(manager.get()) != 0 || architecture < IMB_ARCH_SSE ||
        (tested != 0 && (manager->features & IMB_FEATURE_SELF_TEST_PASS) == 0))
        return nullptr;
    return manager;
}

VectorWidth width_of(const IMB_MGR& manager) {
    if (manager.used_arch == IMB_ARCH_AVX512) return VectorWidth::avx512;
    return manager.used_arch == IMB_ARCH_AVX2 ? VectorWidth::avx2 : VectorWidth::narrow;
}

/// Read only: the direct calls keep nothing in it.
const IMB_MGR& calls() {
    static const Manager manager = make_manager(0);
    require(manager != nullptr, "ciphers of intel-ipsec-mb");
    return *manager;
}

/// Jobs need one a thread.
IMB_MGR& jobs() {
    thread_local const Manager manager = make_manager(0);
    require(manager != nullptr, "ciphers of intel-ipsec-mb");
    return *manager;
}

// --- AES-GCM -------------------------------------------------------------------------------------

class GcmKey final : public AeadKey {
public:
    GcmKey(CipherSuite suite, Bytes key) {
        const IMB_MGR& manager = calls();
        if (suite == CipherSuite::aes_128_gcm) {
            schedule_ = manager.gcm128_pre;
            seal_ = manager.gcm128_enc;
            open_ = manager.gcm128_dec;
        } else if (suite == CipherSuite::aes_192_gcm) {
            schedule_ = manager.gcm192_pre;
            seal_ = manager.gcm192_enc;
            open_ = manager.gcm192_dec;
        } else {
            schedule_ = manager.gcm256_pre;
            seal_ = manager.gcm256_enc;
            open_ = manager.gcm256_dec;
        }
        GcmKey::rekey(key);
    }
    ~GcmKey() override { wipe(std::as_writable_bytes(std::span(&key_, 1))); }

    bool open(Bytes nonce, Bytes additional_data, MutableBytes text, Bytes tag) override {
        std::array<std::byte, aead_tag_octets> right;
        run(open_, nonce, additional_data, text, right);
        return constant_time_equal(right, tag);
    }
    void seal(Bytes nonce, Bytes additional_data, MutableBytes text, MutableBytes tag) override {
        run(seal_, nonce, additional_data, text, tag);
    }
    void rekey(Bytes key) override { schedule_(key.data(), &key_); }

private:
    void run(aes_gcm_enc_dec_t call, Bytes nonce, Bytes additional_data, MutableBytes text,
             MutableBytes tag) {
        gcm_context_data context;  // written by the call before it is read
        call(&key_, &context, octets_of(text), octets_of(text), text.size(), octets_of(nonce),
             octets_of(additional_data), additional_data.size(), octets_of(tag), aead_tag_octets);
    }

    alignas(64) gcm_key_data key_;
    aes_gcm_pre_t schedule_ = nullptr;
    aes_gcm_enc_dec_t seal_ = nullptr;
    aes_gcm_enc_dec_t open_ = nullptr;
};

// --- ChaCha20-Poly1305 ---------------------------------------------------------------------------

class ChaChaKey final : public AeadKey {
public:
    explicit ChaChaKey(Bytes key) {
        static_cast<void>(jobs());  // this thread's manager comes to be off the packet path
        ChaChaKey::rekey(key);
    }

    bool open(Bytes nonce, Bytes additional_data, MutableBytes text, Bytes tag) override {
        std::array<std::byte, aead_tag_octets> right;
        run(IMB_DIR_DECRYPT, nonce, additional_data, text, right);
        return constant_time_equal(right, tag);
    }
    void seal(Bytes nonce, Bytes additional_data, MutableBytes text, MutableBytes tag) override {
        run(IMB_DIR_ENCRYPT, nonce, additional_data, text, tag);
    }
    void rekey(Bytes key) override {
        require(key.size() == Secret<32>::size(), "a key of ChaCha20");
        std::ranges::copy(key, key_.mutable_view().begin());
    }

private:
    /// A job of this cipher is done when it is submitted; none ever waits for others.
    void run(IMB_CIPHER_DIRECTION direction, Bytes nonce, Bytes additional_data, MutableBytes text,
             MutableBytes tag) {
        IMB_MGR& manager = jobs();
        IMB_JOB* job = IMB_GET_NEXT_JOB(&manager);
        const bool sealing = direction == IMB_DIR_ENCRYPT;
        job->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
        job->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
        job->cipher_direction = direction;
        job->chain_order = sealing ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
        job->enc_keys = job->dec_keys = key_.view().data();
        job->key_len_in_bytes = key_.size();
        job->src = job->dst = octets_of(text);
        job->cipher_start_src_offset_in_bytes = job->hash_start_src_offset_in_bytes = 0;
        job->msg_len_to_cipher_in_bytes = job->msg_len_to_hash_in_bytes = text.size();
        job->iv = octets_of(nonce);
        job->iv_len_in_bytes = aead_nonce_octets;
        job->u.CHACHA20_POLY1305.aad = additional_data.data();
        job->u.CHACHA20_POLY1305.aad_len_in_bytes = additional_data.size();
        job->auth_tag_output = octets_of(tag);
        job->auth_tag_output_len_in_bytes = aead_tag_octets;
        const IMB_JOB* done = IMB_SUBMIT_JOB_NOCHECK(&manager);
        require(done == job && done->status == IMB_STATUS_COMPLETED, "a job of ChaCha20");
    }

    Secret<32> key_;
};

}  // namespace

std::optional<VectorWidth> probe_ipsec_mb(bool without_aes) {
    const Manager manager = make_manager(without_aes ? IMB_FLAG_AESNI_OFF : 0);
    if (manager == nullptr) return std::nullopt;
    return width_of(*manager);
}

std::unique_ptr<AeadKey> make_ipsec_mb_aead_key(CipherSuite suite, Bytes key, Way) {
    require(key.size() * 8 == key_bits(suite), "the length of a key");
    if (suite == CipherSuite::chacha20_poly1305) return std::make_unique<ChaChaKey>(key);
    return std::make_unique<GcmKey>(suite, key);
}

#else

std::optional<VectorWidth> probe_ipsec_mb(bool) {
    return std::nullopt;
}

std::unique_ptr<AeadKey> make_ipsec_mb_aead_key(CipherSuite, Bytes, Way) {
    return nullptr;
}

#endif

}  // namespace kanmon::crypto
