#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "controlplane/adapters/master_key_sealer.h"
#include "controlplane/adapters/zip_archiver.h"
#include "temporary_folder.h"

namespace kanmon::adapters {
namespace {

namespace fs = std::filesystem;

TEST(Sealer, OpensOnlyWhatWasSealedForTheSameOwner) {
    SeededRandom random(1);
    const auto sealer = make_sealer(MasterKey(random.array<32>()), random);
    for (const std::string text : {"", "s", "secret"}) {
        const auto sealed = sealer->seal(as_bytes(text), "vsc-1");
        ASSERT_TRUE(sealed);
        EXPECT_EQ(as_text(sealer->unseal(*sealed, "vsc-1")->view()), text);
        EXPECT_FALSE(sealer->unseal(*sealed, "vsc-2"));
        for (std::size_t i = 0; i < sealed->size(); ++i) {
            Buffer changed = *sealed;
            changed[i] ^= std::byte{1};
            EXPECT_FALSE(sealer->unseal(changed, "vsc-1")) << i;
            EXPECT_FALSE(sealer->unseal(Bytes(*sealed).first(i), "vsc-1")) << i;
        }
    }
    EXPECT_NE(*sealer->seal(as_bytes("a"), "x"), *sealer->seal(as_bytes("a"), "x"));
    const auto other = make_sealer(MasterKey(random.array<32>()), random);
    EXPECT_FALSE(other->unseal(*sealer->seal(as_bytes("a"), "x"), "x"));
}

class MasterKeyFile : public testing::Test {
protected:
    SeededRandom random{2};
    TemporaryFolder temporary;
    const std::string& folder = temporary.path();
    const std::string path = folder + "/master.key";
};

TEST_F(MasterKeyFile, IsMadeOnceAndReadableByItsOwnerOnly) {
    const auto first = load_master_key(path, true, random);
    ASSERT_TRUE(first);
    struct stat facts {};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0400u);
    EXPECT_EQ(*load_master_key(path, true, random), *first);
    EXPECT_EQ(*load_master_key(path, false, random), *first);
}

TEST_F(MasterKeyFile, IsNeverMadeBesideAnOlderStore) {
    EXPECT_FALSE(load_master_key(path, false, random));
    EXPECT_FALSE(fs::exists(path));
}

TEST_F(MasterKeyFile, IsRefusedWhenOthersCanReadItOrItIsCut) {
    ASSERT_TRUE(load_master_key(path, true, random));
    ::chmod(path.c_str(), 0440);
    EXPECT_FALSE(load_master_key(path, true, random));
    fs::remove(path);
    std::ofstream(path) << "short";
    ::chmod(path.c_str(), 0400);
    EXPECT_FALSE(load_master_key(path, true, random));
}

TEST(ZipArchive, HoldsItsFilesFlatAndPrivate) {
    const auto archiver = make_zip_archiver();
    const auto zip = archiver->zip({{"ca.crt", SecretBuffer(as_bytes("ca"))},
                                    {"config.ovpn", SecretBuffer(as_bytes("client\n"))}},
                                   unix_time_of(1'700'000'000));
    ASSERT_TRUE(zip);
    archive* in = archive_read_new();
    archive_read_support_format_zip(in);
    ASSERT_EQ(archive_read_open_memory(in, zip->data(), zip->size()), ARCHIVE_OK);
    std::vector<std::pair<std::string, std::string>> files;
    archive_entry* entry = nullptr;
    while (archive_read_next_header(in, &entry) == ARCHIVE_OK) {
        std::string content(64, '\0');
        const auto size = archive_read_data(in, content.data(), content.size());
        content.resize(static_cast<std::size_t>(size));
        files.emplace_back(archive_entry_pathname(entry), content);
    }
    archive_read_free(in);
    EXPECT_EQ(files, (std::vector<std::pair<std::string, std::string>>{
                         {"ca.crt", "ca"}, {"config.ovpn", "client\n"}}));
}

}  // namespace
}  // namespace kanmon::adapters
