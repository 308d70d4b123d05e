// Both back ends against vectors and against each other.
#include "dataplane/crypto/aead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "base/random.h"
#include "counted_heap.h"
#include "dataplane/crypto/ipsec_mb_aead.h"

namespace kanmon::crypto {
namespace {

constexpr std::array suites{CipherSuite::aes_256_gcm, CipherSuite::aes_192_gcm,
                            CipherSuite::aes_128_gcm, CipherSuite::chacha20_poly1305};

std::vector<AeadBackEnd> back_ends() {
    std::vector<AeadBackEnd> present{AeadBackEnd::openssl};
    if (probe_ipsec_mb()) present.push_back(AeadBackEnd::ipsec_mb);
    return present;
}

struct Message {
    Buffer key, nonce, additional_data, text;
};

struct Sealed {
    Buffer text;
    std::array<std::byte, aead_tag_octets> tag{};
    friend bool operator==(const Sealed&, const Sealed&) = default;
};

Sealed seal(AeadBackEnd back_end, CipherSuite suite, const Message& message) {
    Sealed sealed{message.text};
    make_aead_key(back_end, suite, message.key, Way::encrypt)
        ->seal(message.nonce, message.additional_data, sealed.text, sealed.tag);
    return sealed;
}

bool opens(AeadBackEnd back_end, CipherSuite suite, const Message& message, Sealed sealed) {
    return make_aead_key(back_end, suite, message.key, Way::decrypt)
               ->open(message.nonce, message.additional_data, sealed.text, sealed.tag) &&
           sealed.text == message.text;
}

Buffer octets_of_text(std::string_view text) {
    return copy_of(as_bytes(text));
}

// --- vectors -------------------------------------------------------------------------------------

struct Vector {
    CipherSuite suite;
    Message message;
    std::string_view sealed, tag;
};

/// Cases 4, 10 and 16 of the submission of GCM to NIST (McGrew, Viega); RFC 8439, section 2.8.2.
std::vector<Vector> vectors() {
    const Buffer key = from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    const Buffer nonce = from_hex("cafebabefacedbaddecaf888");
    const Buffer data = from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const Buffer text = from_hex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    const auto gcm = [&](std::size_t octets) {
        return Message{copy_of(Bytes(key).first(octets)), nonce, data, text};
    };
    return {{CipherSuite::aes_128_gcm, gcm(16),
             "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
             "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
             "5bc94fbc3221a5db94fae95ae7121a47"},
            {CipherSuite::aes_192_gcm, gcm(24),
             "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c"
             "7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710",
             "2519498e80f1478f37ba55bd6d27618c"},
            {CipherSuite::aes_256_gcm, gcm(32),
             "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
             "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
             "76fc6ece0f4e1768cddf8853bb2d551b"},
            {CipherSuite::chacha20_poly1305,
             {from_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
              from_hex("070000004041424344454647"), from_hex("50515253c0c1c2c3c4c5c6c7"),
              octets_of_text("Ladies and Gentlemen of the class of '99: If I could offer you only "
                             "one tip for the future, sunscreen would be it.")},
             "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
             "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
             "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
             "3ff4def08e4b7a9de576d26586cec64b6116",
             "1ae10b594f09e26a7e902ecbd0600691"}};
}

TEST(Aead, SealsThePublishedVectorsByEveryBackEnd) {
    for (const AeadBackEnd back_end : back_ends())
        for (const Vector& vector : vectors()) {
            SCOPED_TRACE(name_of(vector.suite));
            const Sealed sealed = seal(back_end, vector.suite, vector.message);
            EXPECT_EQ(to_hex(sealed.text), vector.sealed);
            EXPECT_EQ(to_hex(sealed.tag), vector.tag);
            EXPECT_TRUE(opens(back_end, vector.suite, vector.message, sealed));
        }
}

// --- one against the other -----------------------------------------------------------------------

/// Keys that live on, as those of clients do, with another message each time.
struct Pair {
    Pair(CipherSuite suite, Bytes key)
        : one(make_aead_key(AeadBackEnd::openssl, suite, key, Way::encrypt)),
          other(make_aead_key(AeadBackEnd::ipsec_mb, suite, key, Way::encrypt)),
          opens_one(make_aead_key(AeadBackEnd::ipsec_mb, suite, key, Way::decrypt)),
          opens_other(make_aead_key(AeadBackEnd::openssl, suite, key, Way::decrypt)) {}

    void rekey(Bytes key) {
        for (AeadKey* each : {one.get(), other.get(), opens_one.get(), opens_other.get()})
            each->rekey(key);
    }

    std::unique_ptr<AeadKey> one, other, opens_one, opens_other;
};

TEST(Aead, BothBackEndsWriteTheSameOctetsAtEverySize) {
    if (!probe_ipsec_mb()) GTEST_SKIP() << "no intel-ipsec-mb here";
    constexpr std::size_t octets_max = 9000;
    SeededRandom random(20);
    const auto bytes = [&](std::size_t octets) {
        Buffer some(octets);
        random.fill(some);
        return some;
    };
    const Buffer long_text = bytes(octets_max);
    for (const CipherSuite suite : suites) {
        const std::size_t key_octets = key_bits(suite) / 8u;
        Pair pair(suite, bytes(key_octets));
        Sealed one{Buffer(octets_max)}, other{Buffer(octets_max)};
        for (std::size_t octets = 0; octets <= octets_max; ++octets) {
            if (octets % 512 == 0) pair.rekey(bytes(key_octets));
            const Buffer nonce = bytes(aead_nonce_octets), data = bytes(random.u64() % 64);
            const Bytes plain = Bytes(long_text).first(octets);
            // At every alignment, as in a run of packets.
            const std::size_t at = std::min(octets % 64, octets_max - octets);
            const MutableBytes left = MutableBytes(one.text).subspan(at, octets);
            const MutableBytes right = MutableBytes(other.text).subspan(octets_max - octets);
            std::ranges::copy(plain, left.begin());
            std::ranges::copy(plain, right.begin());
            pair.one->seal(nonce, data, left, one.tag);
            pair.other->seal(nonce, data, right, other.tag);
            ASSERT_TRUE(std::ranges::equal(left, right)) << name_of(suite) << ' ' << octets;
            ASSERT_EQ(one.tag, other.tag) << name_of(suite) << ' ' << octets;
            ASSERT_TRUE(pair.opens_one->open(nonce, data, left, one.tag));
            ASSERT_TRUE(pair.opens_other->open(nonce, data, right, other.tag));
            ASSERT_TRUE(std::ranges::equal(left, plain)) << name_of(suite) << ' ' << octets;
            ASSERT_TRUE(std::ranges::equal(right, plain)) << name_of(suite) << ' ' << octets;
        }
    }
}

TEST(Aead, EveryBackEndRefusesWhateverWasChanged) {
    SeededRandom random(21);
    const auto bytes = [&](std::size_t octets) {
        Buffer some(octets);
        random.fill(some);
        return some;
    };
    for (const AeadBackEnd back_end : back_ends())
        for (const CipherSuite suite : suites)
            for (const std::size_t octets : {0U, 1U, 15U, 64U, 1400U}) {
                const Message message{bytes(key_bits(suite) / 8u), bytes(aead_nonce_octets),
                                      bytes(8), bytes(octets)};
                const Sealed sealed = seal(back_end, suite, message);
                const auto flip = [&](MutableBytes where) {
                    where[random.u64() % where.size()] ^= std::byte{1} << random.u64() % 8;
                };
                for (std::size_t bit = 0; bit < 8 * aead_tag_octets; ++bit) {
                    Sealed forged = sealed;
                    forged.tag[bit / 8] ^= std::byte{1} << bit % 8;
                    EXPECT_FALSE(opens(back_end, suite, message, forged)) << bit;
                }
                for (int i = 0; i < 20; ++i) {
                    Sealed forged = sealed;
                    if (octets > 0) {
                        flip(forged.text);
                        EXPECT_FALSE(opens(back_end, suite, message, forged));
                    }
                    for (Buffer Message::*part :
                         {&Message::key, &Message::nonce, &Message::additional_data}) {
                        Message other = message;
                        flip(other.*part);
                        EXPECT_FALSE(opens(back_end, suite, other, sealed));
                    }
                }
            }
}

// --- which one serves ----------------------------------------------------------------------------

TEST(Aead, FallsBackToOpenSslOnAProcessorWithoutAes) {
    EXPECT_EQ(probe_ipsec_mb(true), std::nullopt);
}

TEST(Aead, EverySuiteIsServedByTheFasterBackEndThatWasFound) {
    const auto width = probe_ipsec_mb();
    for (const CipherSuite suite : suites)
        EXPECT_EQ(aead_back_end(suite) == AeadBackEnd::ipsec_mb,
                  width && is_faster_by_ipsec_mb(suite, *width));
    EXPECT_EQ(describe_aead_back_ends().starts_with("intel-ipsec-mb with "), width.has_value());
    EXPECT_EQ(make_aead_key(AeadBackEnd::ipsec_mb, CipherSuite::aes_256_gcm, Buffer(32),
                            Way::encrypt) != nullptr,
              width.has_value());
    EXPECT_TRUE(is_faster_by_ipsec_mb(CipherSuite::aes_128_gcm, VectorWidth::narrow));
    EXPECT_TRUE(is_faster_by_ipsec_mb(CipherSuite::chacha20_poly1305, VectorWidth::avx512));
    EXPECT_FALSE(is_faster_by_ipsec_mb(CipherSuite::chacha20_poly1305, VectorWidth::avx2));
}

TEST(Aead, NothingIsAllocatedForAPacketOrAnotherKey) {
    ASSERT_TRUE(testing::heap_is_counted());
    for (const AeadBackEnd back_end : back_ends())
        for (const CipherSuite suite : suites) {
            const Buffer key(key_bits(suite) / 8u, std::byte{7}), nonce(aead_nonce_octets), data(8);
            const auto seals = make_aead_key(back_end, suite, key, Way::encrypt);
            const auto opens = make_aead_key(back_end, suite, key, Way::decrypt);
            Sealed message{Buffer(1400)};
            const std::uint64_t before = testing::heap_allocations();
            for (int i = 0; i < 10; ++i) {
                seals->seal(nonce, data, message.text, message.tag);
                EXPECT_TRUE(opens->open(nonce, data, message.text, message.tag));
                EXPECT_FALSE(opens->open(nonce, data, message.text, message.tag));
                seals->rekey(key);
                opens->rekey(key);
            }
            EXPECT_EQ(testing::heap_allocations() - before, 0U) << name_of(suite);
        }
}

TEST(Aead, ThreadsThatSealAtOnceDoNotMeet) {
    for (const AeadBackEnd back_end : back_ends())
        for (const CipherSuite suite : suites) {
            std::vector<std::thread> threads;
            std::atomic<int> wrong{0};
            for (unsigned char number = 0; number < 4; ++number)
                threads.emplace_back([&, number] {
                    const Buffer key(key_bits(suite) / 8u, std::byte{number});
                    const Message message{key, Buffer(12), Buffer(8), Buffer(1400)};
                    const Sealed right = seal(back_end, suite, message);
                    for (int i = 0; i < 200; ++i)
                        if (seal(back_end, suite, message) != right ||
                            !opens(back_end, suite, message, right))
                            ++wrong;
                });
            for (std::thread& thread : threads) thread.join();
            EXPECT_EQ(wrong, 0);
        }
}

}  // namespace
}  // namespace kanmon::crypto
