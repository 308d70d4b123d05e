#include "controlplane/adapters/backup_file.h"

#include <argon2.h>
#include <fmt/core.h>

#include <algorithm>

#include "controlplane/adapters/master_key_sealer.h"

namespace kanmon::adapters {

namespace {

constexpr std::string_view magic = "KMBACKUP";
constexpr std::uint8_t version = 1;
constexpr std::size_t salt_octets = 16;
constexpr std::size_t header_octets = 8 + 1 + 4 + 4 + salt_octets;
constexpr std::size_t chunk_octets = 64 * 1024;
constexpr std::size_t sealed_more = 1 + 12 + 16;  // master_key_sealer.h
constexpr std::size_t entries_max = 16;
// A header is believed before anything vouches for it: these bound what it can cost.
constexpr std::uint32_t memory_kib_max = 1024 * 1024;
constexpr std::uint32_t passes_max = 16;

Expected<MasterKey, std::string> key_of(Bytes passphrase, Bytes salt, const Argon2Cost& cost) {
    MasterKey key;
    const MutableBytes room = key.mutable_view();
    const int result =
        argon2id_hash_raw(cost.passes, cost.memory_kib, 1, passphrase.data(), passphrase.size(),
                          salt.data(), salt.size(), room.data(), room.size());
    if (result != ARGON2_OK)
        return unexpected(
            fmt::format("no key can be made of the passphrase: {}", argon2_error_message(result)));
    return key;
}

std::string context_of(Bytes header, std::size_t number, bool last) {
    return fmt::format("backup {} {} {}", to_hex(header), number, last ? "last" : "more");
}

Expected<SecretBuffer, std::string> packed(const std::vector<BackupEntry>& entries) {
    BufferWriter out;
    out.u8(static_cast<std::uint8_t>(entries.size()));
    for (const BackupEntry& entry : entries) {
        if (out.size() + entry.content.view().size() > backup_octets_max)
            return unexpected(fmt::format("{} does not fit; a backup holds at most {} MiB",
                                          entry.name, backup_octets_max >> 20));
        out.u8(static_cast<std::uint8_t>(entry.name.size()));
        out.bytes(as_bytes(entry.name));
        out.u64(entry.content.view().size());
        out.bytes(entry.content.view());
    }
    Buffer octets = out.finish();
    SecretBuffer content{Bytes(octets)};
    wipe(octets);
    return content;
}

Expected<std::vector<BackupEntry>, std::string> unpacked(Bytes content) {
    ByteReader in(content);
    std::vector<BackupEntry> entries;
    const std::size_t count = in.u8();
    for (std::size_t i = 0; i < count && count <= entries_max; ++i) {
        const std::size_t name_octets = in.u8();
        std::string name = as_text(in.bytes(name_octets));
        entries.push_back({std::move(name), SecretBuffer(in.bytes(in.u64()))});
    }
    if (!in.ok() || in.remaining() != 0 || count > entries_max)
        return unexpected(
            std::string("the backup's content has another shape than this version's"));
    return entries;
}

Expected<Argon2Cost, std::string> read_header(Bytes file) {
    ByteReader in(file);
    if (text_view(in.bytes(magic.size())) != magic)
        return unexpected(std::string("this is no backup of Kanmon"));
    if (const unsigned found = in.u8(); found != version)
        return unexpected(
            fmt::format("the backup has version {}, this program knows {}; restore it with the "
                        "version that made it, or a later one",
                        found, version));
    const Argon2Cost cost{.memory_kib = in.u32(), .passes = in.u32()};
    in.bytes(salt_octets);
    if (!in.ok() || cost.memory_kib < 8 || cost.memory_kib > memory_kib_max || cost.passes < 1 ||
        cost.passes > passes_max || file.size() > 2 * backup_octets_max)
        return unexpected(std::string("the backup is damaged: its header is cut off or changed"));
    return cost;
}

}  // namespace

Expected<Buffer, std::string> seal_backup(const std::vector<BackupEntry>& entries, Bytes passphrase,
                                          Random& random, const Argon2Cost& cost) {
    if (passphrase.size() < passphrase_octets_min || passphrase.size() > passphrase_octets_max)
        return unexpected(fmt::format("the passphrase has {} octets; it can have {} to {}",
                                      passphrase.size(), passphrase_octets_min,
                                      passphrase_octets_max));
    const auto content = packed(entries);
    if (!content) return unexpected(content.error());
    const auto salt = random.array<salt_octets>();
    BufferWriter out;
    out.bytes(as_bytes(magic));
    out.u8(version);
    out.u32(cost.memory_kib);
    out.u32(cost.passes);
    out.bytes(salt);
    Buffer file = out.finish();
    const Buffer header = file;
    const auto key = key_of(passphrase, salt, cost);
    if (!key) return unexpected(key.error());
    const auto sealer = make_sealer(*key, random);
    Bytes rest = content->view();
    for (std::size_t number = 0, last = 0; last == 0; ++number) {
        const Bytes chunk = rest.first(std::min(rest.size(), chunk_octets));
        rest = rest.subspan(chunk.size());
        last = rest.empty() ? 1 : 0;
        const auto sealed = sealer->seal(chunk, context_of(header, number, last != 0));
        if (!sealed) return unexpected(sealed.error().message);
        append(file, *sealed);
    }
    return file;
}

Expected<std::vector<BackupEntry>, std::string> open_backup(Bytes file, Bytes passphrase,
                                                            Random& random) {
    const auto cost = read_header(file);
    if (!cost) return unexpected(cost.error());
    const Bytes header = file.first(header_octets);
    const auto key = key_of(passphrase, header.last(salt_octets), *cost);
    if (!key) return unexpected(key.error());
    const auto sealer = make_sealer(*key, random);
    Bytes rest = file.subspan(header_octets);
    Buffer content;
    content.reserve(rest.size());
    for (std::size_t number = 0; number == 0 || !rest.empty(); ++number) {
        const Bytes sealed = rest.first(std::min(rest.size(), chunk_octets + sealed_more));
        rest = rest.subspan(sealed.size());
        const auto chunk = sealer->unseal(sealed, context_of(header, number, rest.empty()));
        if (!chunk && number == 0)
            return unexpected(std::string(
                "the passphrase is not the one this backup was sealed with, or the beginning of "
                "the file was changed"));
        if (!chunk)
            return unexpected(fmt::format("the backup is damaged: changed or cut off near octet {}",
                                          file.size() - rest.size()));
        append(content, chunk->view());
    }
    auto entries = unpacked(content);
    wipe(content);
    return entries;
}

}  // namespace kanmon::adapters
