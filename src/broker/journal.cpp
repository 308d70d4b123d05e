// Octets: magic "KJ", version, boot, then a whole Want, then the two lists of traces. Version 2 had
// the Want as the body of a message.
#include "broker/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "base/unique_fd.h"
#include "bridge/field_codec.h"

namespace kanmon::broker {

namespace {

constexpr std::uint16_t journal_magic = 0x4b4a;  // "KJ"
constexpr std::uint8_t journal_version = 3, oldest_version = 2;
constexpr std::size_t journal_octets_max = std::size_t{64} << 20;
constexpr std::size_t traces_max = 131072;
constexpr std::size_t name_octets_max = 255;

constexpr auto each_truth = [](auto& codec, auto& value) { codec.truth(value); };
constexpr auto each_device = [](auto& codec, auto& trace) {
    codec.text(trace.vpc_namespace, name_octets_max);
    codec.text(trace.device, name_octets_max);
};
constexpr auto each_namespace = [](auto& codec, auto& trace) {
    codec.text(trace.vpc_namespace, name_octets_max);
    codec.truth(trace.forwarding_before);
    codec.optional(trace.forwarding6_before, each_truth);
};

template <class Codec, class Boot, class Want, class Made>
void fields(Codec& codec, Boot& boot, Want& want, Made& traces) {
    codec.text(boot, name_octets_max);
    codec.text(want, bridge::want_octets_max);
    codec.list(traces.devices, traces_max, 8, each_device);
    codec.list(traces.namespaces, traces_max, 6, each_namespace);
}

Expected<bridge::Want, bridge::MessageError> read_want(const std::string& stored,
                                                       std::uint8_t version) {
    if (version == journal_version) return bridge::decode_want(as_bytes(stored));
    constexpr std::size_t envelope_octets = 12;  // magic, version, type, id: bridge/envelope.h
    bridge::FieldEncoder head;
    head.number(bridge::want_magic);
    head.number(bridge::want_version);
    Buffer octets = head.finish(envelope_octets);
    append(octets, as_bytes(stored).subspan(std::min(stored.size(), envelope_octets)));
    return bridge::decode_want(octets);
}

std::string problem(const std::string& what) {
    return what + ": " + std::strerror(errno);
}

std::string present_boot() {
    std::ifstream in("/proc/sys/kernel/random/boot_id");
    std::string boot;
    std::getline(in, boot);
    return boot;
}

Expected<void, std::string> write_whole(int fd, Bytes octets, const std::string& path) {
    while (!octets.empty()) {
        const ssize_t written = ::write(fd, octets.data(), octets.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return unexpected(problem("write " + path));
        octets = octets.subspan(static_cast<std::size_t>(written));
    }
    if (::fsync(fd) != 0) return unexpected(problem("fsync " + path));
    return {};
}

}  // namespace

Buffer encode(const Journal& journal) {
    bridge::FieldEncoder out;
    out.number(journal_magic);
    out.number(journal_version);
    const std::string want = as_text(bridge::encode(journal.want));
    fields(out, journal.boot, want, journal.traces);
    return out.finish(journal_octets_max);
}

Expected<Journal, std::string> decode_journal(Bytes octets) {
    bridge::FieldDecoder in(octets);
    std::uint16_t magic = 0;
    std::uint8_t version = 0;
    in.number(magic);
    in.number(version);
    if (magic != journal_magic || version < oldest_version || version > journal_version)
        return unexpected<std::string>("the journal is of another version");
    Journal journal;
    std::string want;
    fields(in, journal.boot, want, journal.traces);
    if (!in.ok() || !in.in_range() || !in.finished())
        return unexpected<std::string>("the journal breaks its format");
    // Control says it again soon. What another version made must be known in any case.
    journal.want = read_want(want, version).value_or(bridge::Want{});
    return journal;
}

Expected<Journal, std::string> JournalFile::load() const {
    const std::string path = directory_ + "/broker.journal";
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd && errno == ENOENT) return Journal{present_boot(), {}, {}};
    if (!fd) return unexpected(problem("open " + path));
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return unexpected(problem("fstat " + path));
    if (static_cast<std::size_t>(status.st_size) > journal_octets_max)
        return unexpected(path + " is larger than a journal can be");
    Buffer octets(static_cast<std::size_t>(status.st_size));
    const ssize_t size = ::pread(fd.get(), octets.data(), octets.size(), 0);
    if (size < 0) return unexpected(problem("read " + path));
    octets.resize(static_cast<std::size_t>(size));
    auto journal = decode_journal(octets);
    if (!journal) return unexpected(path + ": " + journal.error());
    if (const std::string boot = present_boot(); journal->boot != boot) {
        journal->boot = boot;
        journal->traces = {};
    }
    return journal;
}

Expected<void, std::string> JournalFile::save(const Journal& journal) {
    const std::string path = directory_ + "/broker.journal";
    const std::string fresh = path + ".new";
    const Buffer octets = encode(journal);
    if (octets.empty()) return unexpected("the wanted state is too large for " + path);
    UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd) return unexpected(problem("open " + fresh));
    if (auto written = write_whole(fd.get(), octets, fresh); !written) return written;
    if (::rename(fresh.c_str(), path.c_str()) != 0) return unexpected(problem("rename " + fresh));
    const UniqueFd directory(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0)
        return unexpected(problem("fsync " + directory_));
    return {};
}

void JournalFile::set_aside() const {
    const std::string path = directory_ + "/broker.journal";
    static_cast<void>(std::rename(path.c_str(), (path + ".unreadable").c_str()));
}

void JournalFile::remove() const {
    ::unlink((directory_ + "/broker.journal").c_str());
    ::unlink((directory_ + "/broker.journal.new").c_str());
}

}  // namespace kanmon::broker
