#include "controlplane/adapters/master_key_sealer.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "controlplane/adapters/openssl_owned.h"

namespace kanmon::adapters {

namespace {

using model::Outcome;

constexpr std::byte sealed_version{1};
constexpr std::size_t nonce_octets = 12;
constexpr std::size_t tag_octets = 16;

const unsigned char* raw(Bytes octets) {
    return reinterpret_cast<const unsigned char*>(octets.data());
}
unsigned char* raw(MutableBytes octets) {
    return reinterpret_cast<unsigned char*>(octets.data());
}

Unexpected<model::Refusal> key_problem(const std::string& path, const std::string& what) {
    return model::unavailable(fmt::format("The master key {}: {}.", path, what));
}

Outcome<MasterKey> read_key(const std::string& path, int fd) {
    struct stat facts {};
    if (::fstat(fd, &facts) != 0) return key_problem(path, std::strerror(errno));
    if (!S_ISREG(facts.st_mode) || facts.st_uid != ::geteuid() || (facts.st_mode & 077) != 0)
        return key_problem(path, "must be a file that only its owner, this user, can read");
    MasterKey key;
    MutableBytes room = key.mutable_view();
    if (facts.st_size != static_cast<off_t>(room.size()) ||
        ::read(fd, room.data(), room.size()) != static_cast<ssize_t>(room.size()))
        return key_problem(
            path, fmt::format("must hold {} octets; restore it from its backup", room.size()));
    return key;
}

/// Written beside and renamed, so that a crash never leaves half a key.
Outcome<MasterKey> make_key(const std::string& path, Random& random) {
    const std::string draft = path + ".new";
    ::unlink(draft.c_str());
    const UniqueFd fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400));
    if (!fd) return key_problem(draft, std::strerror(errno));
    MasterKey key;
    random.fill(key.mutable_view());
    const Bytes octets = key.view();
    if (::write(fd.get(), octets.data(), octets.size()) != static_cast<ssize_t>(octets.size()) ||
        ::fsync(fd.get()) != 0 || ::rename(draft.c_str(), path.c_str()) != 0)
        return key_problem(path, std::strerror(errno));
    return key;
}

class MasterKeySealer final : public usecases::Sealer {
public:
    MasterKeySealer(const MasterKey& key, Random& random) : key_(key), random_(random) {}

    Outcome<Buffer> seal(Bytes plain, const std::string& context) override {
        Buffer sealed(1 + nonce_octets + plain.size() + tag_octets);
        const MutableBytes room(sealed);
        room[0] = sealed_version;
        const MutableBytes nonce = room.subspan(1, nonce_octets);
        const MutableBytes body = room.subspan(1 + nonce_octets, plain.size());
        random_.fill(nonce);
        const CipherContext cipher(EVP_CIPHER_CTX_new());
        int length = 0;
        const bool done = cipher &&
                          EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr,
                                             raw(key_.view()), raw(nonce)) == 1 &&
                          EVP_EncryptUpdate(cipher.get(), nullptr, &length, raw(as_bytes(context)),
                                            static_cast<int>(context.size())) == 1 &&
                          EVP_EncryptUpdate(cipher.get(), raw(body), &length, raw(plain),
                                            static_cast<int>(plain.size())) == 1 &&
                          EVP_EncryptFinal_ex(cipher.get(), nullptr, &length) == 1 &&
                          EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_octets,
                                              raw(room.last(tag_octets))) == 1;
        if (!done) return model::unavailable("A secret could not be sealed.");
        return sealed;
    }

    Outcome<SecretBuffer> unseal(Bytes sealed, const std::string& context) override {
        if (sealed.size() < 1 + nonce_octets + tag_octets || sealed[0] != sealed_version)
            return unreadable();
        const Bytes nonce = sealed.subspan(1, nonce_octets);
        const Bytes body =
            sealed.subspan(1 + nonce_octets, sealed.size() - 1 - nonce_octets - tag_octets);
        Buffer tag = copy_of(sealed.last(tag_octets));
        Buffer plain(body.size());
        const CipherContext cipher(EVP_CIPHER_CTX_new());
        int length = 0;
        const bool done =
            cipher &&
            EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(key_.view()),
                               raw(nonce)) == 1 &&
            EVP_DecryptUpdate(cipher.get(), nullptr, &length, raw(as_bytes(context)),
                              static_cast<int>(context.size())) == 1 &&
            EVP_DecryptUpdate(cipher.get(), raw(MutableBytes(plain)), &length, raw(body),
                              static_cast<int>(body.size())) == 1 &&
            EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_octets, tag.data()) == 1 &&
            EVP_DecryptFinal_ex(cipher.get(), nullptr, &length) == 1;
        const SecretBuffer opened{Bytes(plain)};
        wipe(plain);
        if (!done) return unreadable();
        return opened;
    }

private:
    static Unexpected<model::Refusal> unreadable() {
        return model::unavailable(
            "A sealed secret cannot be opened: the master key is not the one it was sealed with.");
    }

    MasterKey key_;
    Random& random_;
};

}  // namespace

Outcome<MasterKey> load_master_key(const std::string& path, bool may_make, Random& random) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (fd) return read_key(path, fd.get());
    if (errno != ENOENT) return key_problem(path, std::strerror(errno));
    if (!may_make)
        return key_problem(path,
                           "is missing, and the store beside it holds secrets that only it "
                           "opens; restore it from its backup");
    return make_key(path, random);
}

std::unique_ptr<usecases::Sealer> make_sealer(const MasterKey& key, Random& random) {
    return std::make_unique<MasterKeySealer>(key, random);
}

}  // namespace kanmon::adapters
