#include "dataplane/crypto/key_block.h"

#include <gtest/gtest.h>

#include "vectors.h"

namespace kanmon::crypto {
namespace {

TEST(KeyBlock, ThePrfGivesWhatStockPeersDerived) {
    EXPECT_EQ(to_hex(derive_by_prf(vectors::gcm_prf()).view()), vectors::gcm_key_block);

    const KeyBlock cbc = derive_by_prf(vectors::cbc_prf());
    EXPECT_EQ(to_hex(cbc.view().first(16)), "d52e6c6f9a5c803f070d92414b06b8b6");
    EXPECT_EQ(to_hex(cbc.view().subspan(64, 20)), "04214a25c2269e323fd1d4932e9a9623020909ec");
    EXPECT_EQ(to_hex(cbc.view().subspan(128, 16)), "7190b46fee279eba7db9635066b9da01");
    EXPECT_EQ(to_hex(cbc.view().subspan(192, 20)), "9642febfba74bbf55f9ea4e4bdd5f4d1134a296c");
}

}  // namespace
}  // namespace kanmon::crypto
