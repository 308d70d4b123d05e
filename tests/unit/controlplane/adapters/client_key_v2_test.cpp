// The control plane wraps, the data plane unwraps: each has code of its own, and here they meet.
#include "controlplane/adapters/client_key_v2.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "dataplane/crypto/wrapped_client_key.h"

namespace kanmon::adapters {
namespace {

class ClientKey : public testing::Test {
protected:
    ClientKey() { random.fill(server_key); }

    crypto::ServerKeyV2 server() const {
        crypto::ServerKeyV2 key;
        std::ranges::copy(Bytes(server_key).first(32), key.cipher.mutable_view().begin());
        std::ranges::copy(Bytes(server_key).subspan(64, 32), key.mac.mutable_view().begin());
        return key;
    }

    SeededRandom random{11};
    std::array<std::byte, 128> server_key{};
};

TEST_F(ClientKey, IsUnwrappedByItsServerAndNamesItsCertificate) {
    const auto file = client_key_v2(server_key, "vsc-km0000");
    ASSERT_TRUE(file);
    const auto wrapped = file->view().subspan(256);
    const auto unwrapped = crypto::unwrap_client_key(server(), wrapped);
    ASSERT_TRUE(unwrapped);
    EXPECT_TRUE(constant_time_equal(unwrapped->key.view(), file->view().first(256)));
    EXPECT_EQ(to_hex(unwrapped->metadata), "00" + to_hex(as_bytes(std::string("vsc-km0000"))));
    EXPECT_EQ(crypto::wrap_client_key(server(), *unwrapped), copy_of(wrapped));
}

TEST_F(ClientKey, IsTheSameEveryTimeAndAnotherForEveryClientAndServer) {
    const auto first = client_key_v2(server_key, "vsc-1");
    EXPECT_EQ(first, client_key_v2(server_key, "vsc-1"));
    const auto key_of = [](const model::Outcome<SecretBuffer>& file) {
        return SecretBuffer(file->view().first(256));
    };
    EXPECT_NE(key_of(first), key_of(client_key_v2(server_key, "vsc-2")));
    std::array<std::byte, 128> other = server_key;
    for (const std::size_t octet : {0u, 40u, 70u, 120u}) {
        other = server_key;
        other[octet] ^= std::byte{1};
        EXPECT_NE(first, client_key_v2(other, "vsc-1")) << octet;
    }
}

TEST_F(ClientKey, HasNoTwoEqualBlocks) {
    const auto file = client_key_v2(server_key, "vsc-1");
    for (std::size_t a = 0; a < 256; a += 32)
        for (std::size_t b = 0; b < a; b += 32)
            EXPECT_NE(to_hex(file->view().subspan(a, 32)), to_hex(file->view().subspan(b, 32)));
}

TEST_F(ClientKey, IsRefusedForAKeyOfAnotherLength) {
    EXPECT_FALSE(client_key_v2(Bytes(server_key).first(127), "vsc-1"));
    EXPECT_FALSE(client_key_v2(server_key, std::string(800, 'x')));
}

}  // namespace
}  // namespace kanmon::adapters
