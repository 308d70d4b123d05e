// Whose hands a file may have passed through before kanmond believes it.
#include "apps/settings/trusted_file.h"
#include "temporary_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace kanmon::apps {
namespace {

class TrustedFile : public ::testing::Test {
protected:
    TrustedFile() {
        std::ofstream(path_) << "text";
        ::chmod(path_.c_str(), 0644);
    }
    std::string refusal(const std::string& path, Reading reading = Reading::by_anybody) {
        const auto text = read_trusted_file(path, reading);
        return text ? "" : text.error();
    }

    TemporaryFolder temporary_;
    const std::string& folder_ = temporary_.path();
    const std::string path_ = folder_ + "/kanmond.toml";
};

TEST_F(TrustedFile, OfItsOwnerIsRead) {
    EXPECT_EQ(read_trusted_file(path_, Reading::by_anybody).value(), "text");
    ::chmod(path_.c_str(), 0640);
    EXPECT_EQ(read_trusted_file(path_, Reading::by_owner_and_group).value(), "text");
    std::ofstream(path_) << std::string(trusted_octets_max, 'a');
    EXPECT_EQ(read_trusted_file(path_, Reading::by_anybody)->size(), trusted_octets_max);
}

TEST_F(TrustedFile, ThatOthersCouldHaveWrittenOrReplacedIsRefused) {
    ::chmod(path_.c_str(), 0646);
    EXPECT_NE(refusal(path_).find("(mode 0646)"), std::string::npos) << refusal(path_);
    EXPECT_NE(refusal(path_).find("chmod go-w"), std::string::npos);
    ::chmod(path_.c_str(), 0644);
    ::chmod(folder_.c_str(), 0757);
    EXPECT_NE(refusal(path_).find(folder_ + " may be written by others"), std::string::npos);
    ::chmod(folder_.c_str(), 01777);
    EXPECT_NE(refusal(path_), "") << "a sticky directory lets others put a file there first";
}

TEST_F(TrustedFile, OfAnotherUserOrWritableByTheirGroupIsRefused) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to give files away";
    ::chmod(path_.c_str(), 0664);
    EXPECT_EQ(refusal(path_), "") << "root's own group may";
    ASSERT_EQ(::chown(path_.c_str(), 0, 64299), 0);
    EXPECT_NE(refusal(path_), "");
    ASSERT_EQ(::chown(path_.c_str(), 64299, 0), 0);
    EXPECT_NE(refusal(path_).find("belongs to user 64299"), std::string::npos);
    ASSERT_EQ(::chown(path_.c_str(), 0, 0), 0);
    ASSERT_EQ(::chown(folder_.c_str(), 64299, 0), 0);
    EXPECT_NE(refusal(path_).find("belongs to user 64299"), std::string::npos);
}

TEST_F(TrustedFile, BehindASymbolicLinkIsRefused) {
    const std::string link = folder_ + "/link.toml";
    std::filesystem::create_symlink(path_, link);
    EXPECT_NE(refusal(link).find("symbolic link"), std::string::npos) << refusal(link);
}

TEST_F(TrustedFile, ThatIsNoFileOrTooLongIsRefusedAndHoldsNobodyUp) {
    const std::string pipe = folder_ + "/pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_NE(refusal(pipe).find("no regular file"), std::string::npos);
    ASSERT_EQ(::mkdir((folder_ + "/folder").c_str(), 0755), 0);
    EXPECT_NE(refusal(folder_ + "/folder").find("no regular file"), std::string::npos);
    std::ofstream(path_) << std::string(trusted_octets_max + 1, 'a');
    EXPECT_NE(refusal(path_).find("at most 65536"), std::string::npos);
    EXPECT_NE(refusal(folder_ + "/none").find("No such file"), std::string::npos);
    EXPECT_NE(refusal(folder_ + "/none/none").find("No such file"), std::string::npos);
}

TEST_F(TrustedFile, WithASecretIsNotForEverybodysEyes) {
    EXPECT_NE(refusal(path_, Reading::by_owner_and_group).find("holds a secret"),
              std::string::npos);
}

}  // namespace
}  // namespace kanmon::apps
