#include "swarm/report.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace kanmon::swarm {

namespace {

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double rounded(double value) {
    return std::stod(fmt::format("{:.4g}", value));
}

std::string lines_of(const Reasons& reasons, const char* what) {
    std::string lines;
    for (const auto& [reason, count] : reasons.by_reason())
        lines += fmt::format("  {} {}: {}\n", count, what, reason);
    return lines;
}

}  // namespace

void say(const std::string& line) {
    std::fputs((line.ends_with('\n') ? line : line + "\n").c_str(), stderr);
    std::fflush(stderr);
}

double own_cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

double own_resident_kilobytes() {
    std::ifstream in("/proc/self/statm");
    double whole = 0, resident = 0;
    in >> whole >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

void add_tally(nlohmann::ordered_json& result, Tally& tally) {
    result["clients"] = tally.started;
    result["connected"] = tally.connected();
    result["failed"] = tally.failed.total();
    result["failures"] = tally.failed.by_reason();
    result["lost"] = tally.lost.total();
    result["losses"] = tally.lost.by_reason();
    result["left"] = tally.left;
    result["renegotiated"] = tally.renegotiated;
    result["connect_seconds"] = rounded(tally.seconds());
    result["connects_per_second"] = rounded(tally.connects_per_second());
    result["connect_ms_median"] = rounded(quantile(tally.latencies_ms, 0.5));
    result["connect_ms_p99"] = rounded(quantile(tally.latencies_ms, 0.99));
    result["connect_ms_longest"] = rounded(quantile(tally.latencies_ms, 1));
}

std::string text_of(Tally& tally) {
    return fmt::format(
               "{} of {} clients connected in {:.2f} s: {:.1f} a second; median {:.1f} ms, p99 "
               "{:.1f} ms, longest {:.1f} ms\n",
               tally.connected(), tally.started, tally.seconds(), tally.connects_per_second(),
               quantile(tally.latencies_ms, 0.5), quantile(tally.latencies_ms, 0.99),
               quantile(tally.latencies_ms, 1)) +
           lines_of(tally.failed, "failed") + lines_of(tally.lost, "lost");
}

void print_result(const nlohmann::ordered_json& result) {
    std::puts(result.dump().c_str());
    std::fflush(stdout);
}

}  // namespace kanmon::swarm
