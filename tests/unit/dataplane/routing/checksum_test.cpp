#include "dataplane/routing/checksum.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "packets.h"

namespace kanmon::routing {
namespace {

TEST(Checksum, AgreesWithASlowOneAtEveryLengthAndAlignment) {
    SeededRandom random(1);
    Buffer octets(3000);
    random.fill(octets);
    for (std::size_t length = 0; length < 2000; ++length) {
        const Bytes some = Bytes(octets).subspan(length % 67, length);
        ASSERT_EQ(sum_of_words(some), folded(sum_of(some))) << length;
        InternetSum sum;
        sum.add(some);
        sum.word(0x1234);
        ASSERT_EQ(sum.finish(), static_cast<std::uint16_t>(~folded(sum_of(some) + 0x1234)));
    }
}

TEST(Checksum, NeverOverflows) {
    const Buffer ones(65536, std::byte{0xff});
    for (const std::size_t length : {2U, 64U, 1400U, 65534U, 65536U})
        EXPECT_EQ(sum_of_words(Bytes(ones).first(length)), 0xffff) << length;
    EXPECT_EQ(sum_of_words(Buffer(1400)), 0);
}

}  // namespace
}  // namespace kanmon::routing
