// A disk that fails, for a program that is started with this library in LD_PRELOAD.
//
//   BAD_DISK_FOLDER   what lies below it is on that disk
//   BAD_DISK          KIND:N:ERRNO:once|on: the N-th write, sync or open there fails, or all from
//                     the N-th on. A failing write leaves half of its octets behind.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t descriptors_max = 4096;

std::array<std::atomic<bool>, descriptors_max> on_disk{};

struct Fault {
    std::string folder;
    std::string kind;
    long number = 0;
    int error = 0;
    bool stays = false;
    std::atomic<long> seen{0};

    Fault() {
        const char* where = std::getenv("BAD_DISK_FOLDER");
        const char* what = std::getenv("BAD_DISK");
        if (where == nullptr || what == nullptr) return;
        folder = where;
        const std::string text = what;
        const std::size_t first = text.find(':');
        const std::size_t second = text.find(':', first + 1);
        const std::size_t third = text.find(':', second + 1);
        kind = text.substr(0, first);
        number = std::stol(text.substr(first + 1));
        error = std::stoi(text.substr(second + 1));
        stays = text.substr(third + 1) == "on";
    }

    /// Counts a call of this kind; true when it has to fail.
    bool strikes(std::string_view called) {
        if (called != kind) return false;
        const long now = ++seen;
        return stays ? now >= number : now == number;
    }
};

Fault& fault() {
    static Fault one;
    return one;
}

bool tracked(int fd) {
    return fd >= 0 && static_cast<std::size_t>(fd) < descriptors_max &&
           on_disk[static_cast<std::size_t>(fd)];
}

int failed() {
    errno = fault().error;
    return -1;
}

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

template <class Open>
int open_there(const char* path, const Open& open) {
    const bool there =
        !fault().folder.empty() && std::string_view(path).starts_with(fault().folder);
    if (there && fault().strikes("open")) return failed();
    const int fd = open();
    if (fd >= 0 && static_cast<std::size_t>(fd) < descriptors_max)
        on_disk[static_cast<std::size_t>(fd)] = there;
    return fd;
}

ssize_t write_at(const char* name, int fd, const void* octets, std::size_t size, off_t at) {
    using Write = ssize_t(int, const void*, std::size_t, off_t);
    static auto* const real = next<Write>(name);
    if (!tracked(fd) || !fault().strikes("write")) return real(fd, octets, size, at);
    real(fd, octets, size / 2, at);
    return failed();
}

int sync_with(const char* name, int fd) {
    if (tracked(fd) && fault().strikes("sync")) return failed();
    return next<int(int)>(name)(fd);
}

}  // namespace

extern "C" {

// The mode is there only when a file may be made; reading it anyway gives a number nobody uses.
#define MODE_AFTER(last)                      \
    std::va_list rest;                        \
    va_start(rest, last);                     \
    const mode_t mode = va_arg(rest, mode_t); \
    va_end(rest)

int open(const char* path, int flags, ...) {
    MODE_AFTER(flags);
    return open_there(path,
                      [&] { return next<int(const char*, int, ...)>("open")(path, flags, mode); });
}

int open64(const char* path, int flags, ...) {
    MODE_AFTER(flags);
    return open_there(
        path, [&] { return next<int(const char*, int, ...)>("open64")(path, flags, mode); });
}

int close(int fd) {
    if (tracked(fd)) on_disk[static_cast<std::size_t>(fd)] = false;
    return next<int(int)>("close")(fd);
}

ssize_t write(int fd, const void* octets, std::size_t size) {
    static auto* const real = next<ssize_t(int, const void*, std::size_t)>("write");
    if (!tracked(fd) || !fault().strikes("write")) return real(fd, octets, size);
    real(fd, octets, size / 2);
    return failed();
}

ssize_t pwrite(int fd, const void* octets, std::size_t size, off_t at) {
    return write_at("pwrite", fd, octets, size, at);
}

ssize_t pwrite64(int fd, const void* octets, std::size_t size, off_t at) {
    return write_at("pwrite64", fd, octets, size, at);
}

int fsync(int fd) {
    return sync_with("fsync", fd);
}

int fdatasync(int fd) {
    return sync_with("fdatasync", fd);
}
}
