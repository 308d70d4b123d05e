// The packet socket over real sockets of this machine; no network.
#include "bridge/packet_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>

#include "bridge/messages.h"

namespace kanmon::bridge {
namespace {

class PacketSocketTest : public testing::Test {
protected:
    void SetUp() override {
        path_ = std::filesystem::temp_directory_path() /
                ("kanmon-socket-" + std::to_string(::getpid()));
        auto listener = PacketListener::listen(path_);
        ASSERT_TRUE(listener) << listener.error();
        listener_ = std::move(*listener);
        client_ = std::move(*PacketSocket::connect(path_));
        server_ = std::move(*listener_.accept());
    }
    void TearDown() override { std::filesystem::remove(path_); }

    std::string path_;
    PacketListener listener_;
    PacketSocket client_, server_;
};

TEST_F(PacketSocketTest, CarriesAMessageOfTheLargestSize) {
    const Buffer octets(message_octets_max, std::byte{7});
    ASSERT_TRUE(client_.send(octets));
    const auto received = server_.receive();
    ASSERT_TRUE(received);
    EXPECT_EQ(received->octets, octets);
    EXPECT_EQ(client_.send(Buffer(message_octets_max + 1)).error(), SocketError::failed);
    EXPECT_EQ(client_.send({}).error(), SocketError::failed);
}

TEST_F(PacketSocketTest, CarriesTheQueuesOfADeviceAndItsTableCloseOnExec) {
    const std::vector<int> descriptors(65, client_.fd());
    ASSERT_TRUE(client_.send(as_bytes("x"), descriptors));
    const auto received = server_.receive();
    ASSERT_TRUE(received);
    ASSERT_EQ(received->descriptors.size(), 65U);
    for (const UniqueFd& fd : received->descriptors)
        EXPECT_TRUE(::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC);
    EXPECT_EQ(client_.send(as_bytes("x"), std::vector<int>(66, client_.fd())).error(),
              SocketError::failed);
}

TEST_F(PacketSocketTest, RefusesTruncatedControlDataAndLeaksNothing) {
    const auto open_count = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
    };
    const auto before = open_count();
    std::array<char, CMSG_SPACE(100 * sizeof(int))> room{};
    iovec part{room.data(), 1};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = room.data();
    header.msg_controllen = room.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(100 * sizeof(int));
    const std::vector<int> descriptors(100, client_.fd());
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size() * sizeof(int));
    ASSERT_EQ(::sendmsg(client_.fd(), &header, 0), 1);
    EXPECT_EQ(server_.receive().error(), SocketError::failed);
    EXPECT_EQ(open_count(), before);
}

TEST_F(PacketSocketTest, SaysWhoIsThereAndWhenNobodyIs) {
    EXPECT_EQ(server_.receive().error(), SocketError::would_block);
    const auto peer = server_.peer();
    ASSERT_TRUE(peer);
    EXPECT_EQ(peer->uid, ::getuid());
    EXPECT_EQ(peer->pid, ::getpid());
    client_ = PacketSocket();
    EXPECT_EQ(server_.receive().error(), SocketError::closed);
    EXPECT_EQ(server_.send(as_bytes("x")).error(), SocketError::closed);
}

TEST_F(PacketSocketTest, OpensEveryDescriptorCloseOnExecAndTheFileForOwnerAndGroup) {
    for (const int fd : {listener_.fd(), client_.fd(), server_.fd()})
        EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC);
    struct stat status {};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0660U);
    EXPECT_TRUE(PacketListener::listen(path_)) << "an old socket file is replaced";
}

TEST(SealedMemory, ComesBackWholeAndCannotChange) {
    const Buffer octets(300000, std::byte{9});
    const auto fd = seal_in_memory(octets, "kanmon-test");
    ASSERT_TRUE(fd);
    EXPECT_EQ(*read_sealed(fd->get(), octets.size()), octets);
    EXPECT_EQ(*read_sealed(fd->get(), octets.size()), octets) << "reading moves no offset";
    EXPECT_FALSE(read_sealed(fd->get(), octets.size() - 1));
    EXPECT_EQ(::write(fd->get(), "x", 1), -1);
    EXPECT_EQ(::ftruncate(fd->get(), 1), -1);
}

TEST(SealedMemory, IsRefusedWithoutEverySeal) {
    const UniqueFd open(::memfd_create("kanmon-test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_FALSE(read_sealed(open.get(), 10));
    ASSERT_EQ(::fcntl(open.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    EXPECT_FALSE(read_sealed(open.get(), 10));
    EXPECT_FALSE(read_sealed(0, 10));
    EXPECT_FALSE(read_sealed(-1, 10));
}

}  // namespace
}  // namespace kanmon::bridge
