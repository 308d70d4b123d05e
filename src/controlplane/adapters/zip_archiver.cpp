#include "controlplane/adapters/zip_archiver.h"

#include <archive.h>
#include <archive_entry.h>

namespace kanmon::adapters {

namespace {

struct ArchiveCloser {
    void operator()(archive* zip) const { archive_write_free(zip); }
};
struct EntryCloser {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

la_ssize_t append_octets(archive*, void* to, const void* octets, std::size_t count) {
    append(*static_cast<Buffer*>(to), Bytes(static_cast<const std::byte*>(octets), count));
    return static_cast<la_ssize_t>(count);
}

bool add(archive* zip, const usecases::ArchiveEntry& from, UnixTime now) {
    const std::unique_ptr<archive_entry, EntryCloser> entry(archive_entry_new());
    if (!entry) return false;
    const Bytes content = from.content.view();
    archive_entry_set_pathname(entry.get(), from.name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    archive_entry_set_mtime(entry.get(), seconds_of(now), 0);
    return archive_write_header(zip, entry.get()) == ARCHIVE_OK &&
           archive_write_data(zip, content.data(), content.size()) ==
               static_cast<la_ssize_t>(content.size());
}

class ZipArchiver final : public usecases::Archiver {
public:
    model::Outcome<Buffer> zip(const std::vector<usecases::ArchiveEntry>& entries,
                               UnixTime now) override {
        Buffer octets;
        const std::unique_ptr<archive, ArchiveCloser> zip(archive_write_new());
        bool done =
            zip && archive_write_set_format_zip(zip.get()) == ARCHIVE_OK &&
            archive_write_set_bytes_in_last_block(zip.get(), 1) == ARCHIVE_OK &&
            archive_write_open(zip.get(), &octets, nullptr, append_octets, nullptr) == ARCHIVE_OK;
        for (const usecases::ArchiveEntry& entry : entries)
            done = done && add(zip.get(), entry, now);
        done = done && archive_write_close(zip.get()) == ARCHIVE_OK;
        if (!done) return model::unavailable("The bundle could not be packed.");
        return octets;
    }
};

}  // namespace

std::unique_ptr<usecases::Archiver> make_zip_archiver() {
    return std::make_unique<ZipArchiver>();
}

}  // namespace kanmon::adapters
