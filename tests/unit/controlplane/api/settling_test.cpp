// A caller hears of a change only when it would survive a loss of power.
#include "api_fixture.h"

namespace kanmon::api {
namespace {

class Settling : public ApiTest {};

TEST_F(Settling, AChangeIsToldAfterTheDiskHasItAndAReadDoesNotWait) {
    const std::size_t before = world.books.settled;
    call("CreateVpc", {{"CidrBlock", "10.0.0.0/8"}, {"Namespace", "blue"}});
    EXPECT_EQ(world.books.settled, before + 1);
    call("DescribeVpcs");
    EXPECT_EQ(world.books.settled, before + 1);
}

TEST_F(Settling, ADiskThatRefusesIsToldInsteadOfSuccess) {
    world.books.disk_is_well = false;
    EXPECT_EQ(failing("CreateVpc", {{"CidrBlock", "10.0.0.0/8"}, {"Namespace", "blue"}}),
              "503 ServiceUnavailable");
}

}  // namespace
}  // namespace kanmon::api
