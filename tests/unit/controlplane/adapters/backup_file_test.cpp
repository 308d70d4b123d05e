#include "controlplane/adapters/backup_file.h"

#include <gtest/gtest.h>

namespace kanmon::adapters {
namespace {

constexpr Argon2Cost cheap{.memory_kib = 8, .passes = 1};
const Bytes passphrase = as_bytes("eight or more");

BackupEntry entry(std::string name, std::size_t octets) {
    Buffer content;
    for (std::size_t i = 0; i < octets; ++i) content.push_back(static_cast<std::byte>(i * 7 + 1));
    return {std::move(name), SecretBuffer(content)};
}

class BackupFile : public testing::Test {
protected:
    Buffer sealed(const std::vector<BackupEntry>& entries) {
        const auto file = seal_backup(entries, passphrase, random, cheap);
        EXPECT_TRUE(file);
        return *file;
    }
    std::string refusal(Bytes file, Bytes by = passphrase) {
        const auto opened = open_backup(file, by, random);
        return opened ? "opened" : opened.error();
    }
    SystemRandom random;
};

TEST_F(BackupFile, GivesBackWhatItWasGivenOfEverySize) {
    for (const std::size_t octets : {0u, 1u, 65000u, 65510u, 65536u, 131072u, 300000u}) {
        const std::vector entries{entry("kanmon.db", octets), entry("master.key", 32)};
        const auto opened = open_backup(sealed(entries), passphrase, random);
        ASSERT_TRUE(opened) << octets;
        EXPECT_EQ(*opened, entries) << octets;
    }
}

TEST_F(BackupFile, OpensForItsPassphraseOnlyAndSaysSo) {
    const Buffer file = sealed({entry("kanmon.db", 100)});
    EXPECT_TRUE(refusal(file, as_bytes("eight or mora")).starts_with("the passphrase is not"));
    EXPECT_TRUE(refusal(file, {}).starts_with("the passphrase is not"));
}

TEST_F(BackupFile, CutOffAnywhereIsRefused) {
    const Buffer file = sealed({entry("kanmon.db", 70000)});
    for (std::size_t octets = 0; octets < file.size(); octets += octets < 200 ? 1 : 911)
        EXPECT_NE(refusal(Bytes(file).first(octets)), "opened") << octets;
    const std::size_t first_chunk = 33 + 65536 + 29;
    for (std::size_t octets = first_chunk - 40; octets < first_chunk + 40; ++octets)
        EXPECT_NE(refusal(Bytes(file).first(octets)), "opened") << octets;
    // Between two chunks the seal alone tells: what is left need not look cut off.
    const Buffer longer = sealed({entry("kanmon.db", 140000)});
    EXPECT_TRUE(refusal(Bytes(longer).first(33 + 2 * (65536 + 29))).starts_with("the backup is d"));
}

TEST_F(BackupFile, WithAnyBitChangedIsRefused) {
    const Buffer file = sealed({entry("kanmon.db", 40)});
    for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
        // A memory or a number of passes that is allowed but large costs what it says.
        const std::size_t octet = bit / 8;
        if (octet >= 9 && octet < 17 && octet != 12 && octet != 16) continue;
        Buffer changed = file;
        changed[octet] ^= static_cast<std::byte>(1 << bit % 8);
        EXPECT_NE(refusal(changed), "opened") << bit;
    }
}

TEST_F(BackupFile, WithItsPartsInAnotherOrderIsRefused) {
    const Buffer file = sealed({entry("kanmon.db", 3 * 65536)});
    const std::size_t chunk = 65536 + 29;
    Buffer swapped(file.begin(), file.begin() + 33);
    append(swapped, Bytes(file).subspan(33 + chunk, chunk));
    append(swapped, Bytes(file).subspan(33, chunk));
    append(swapped, Bytes(file).subspan(33 + 2 * chunk));
    EXPECT_NE(refusal(swapped), "opened");
    Buffer longer = file;
    longer.push_back(std::byte{});
    EXPECT_NE(refusal(longer), "opened");
}

TEST_F(BackupFile, OfANewerVersionOrOfAnotherKindIsSaidSo) {
    Buffer file = sealed({entry("kanmon.db", 40)});
    file[8] = std::byte{2};
    EXPECT_TRUE(refusal(file).starts_with("the backup has version 2, this program knows 1"));
    EXPECT_EQ(refusal(as_bytes("SQLite format 3")), "this is no backup of Kanmon");
    file[8] = std::byte{1};
    file[9] = std::byte{0xff};  // 4 TiB for the key
    EXPECT_TRUE(refusal(file).starts_with("the backup is damaged: its header"));
}

TEST_F(BackupFile, IsNotSealedWithAPassphraseThatIsShortOrLong) {
    for (const std::size_t octets : {0u, 7u, 1025u})
        EXPECT_FALSE(seal_backup({}, as_bytes(std::string(octets, 'x')), random, cheap)) << octets;
    EXPECT_TRUE(seal_backup({}, as_bytes("12345678"), random, cheap));
}

}  // namespace
}  // namespace kanmon::adapters
