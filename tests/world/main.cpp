// world --seed N [--clients N] [--openssl]             one world, told
// world --worlds N [--first-seed N] [--clients N] [--openssl]   many, one line for each broken one
//
// --storm: everybody comes at once, and again after a restart.
// Ends 0 when no invariant was broken, 1 otherwise (the seeds are printed), 2 for wrong usage.
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "world/judge.h"
#include "world/world.h"

namespace {

using namespace kanmon;
using namespace kanmon::world;

struct Arguments {
    Options options;
    std::optional<std::uint64_t> seed;
    std::uint64_t worlds = 1;
    std::uint64_t first_seed = 1;
};

std::optional<Arguments> read_arguments(int count, char** words) {
    Arguments arguments;
    for (int i = 1; i < count; ++i) {
        const std::string_view name = words[i];
        if (name == "--openssl" || name == "--storm") {
            (name == "--storm" ? arguments.options.storm : arguments.options.openssl) = true;
            continue;
        }
        if (i + 1 == count) return std::nullopt;
        const std::uint64_t value = std::strtoull(words[++i], nullptr, 10);
        if (name == "--seed")
            arguments.seed = value;
        else if (name == "--worlds")
            arguments.worlds = value;
        else if (name == "--first-seed")
            arguments.first_seed = value;
        else if (name == "--clients")
            arguments.options.clients = static_cast<std::uint32_t>(value);
        else
            return std::nullopt;
    }
    return arguments;
}

bool holds(std::uint64_t seed, const Options& options, bool tell) {
    const Setup setup = draw_setup(seed, options);
    if (tell) std::printf("%s\n", setup.text().c_str());
    const Instant start = Agenda().now();
    std::optional<World> world;
    try {
        world.emplace(setup);
        const Summary summary = world->run();
        if (tell) std::printf("%s\n", summary.text().c_str());
        return true;
    } catch (const Broken& broken) {
        const double seconds = world ? static_cast<double>((world->now() - start) / 1ms) / 1e3 : 0;
        std::printf("BROKEN %s, at %.3f s\n  %s\n  again: world --seed %llu --clients %u%s%s\n",
                    broken.what(), seconds, setup.text().c_str(),
                    static_cast<unsigned long long>(seed), options.clients,
                    options.openssl ? " --openssl" : "", options.storm ? " --storm" : "");
        std::fflush(stdout);
        return false;
    }
}

}  // namespace

int main(int count, char** words) {
    const auto arguments = read_arguments(count, words);
    if (!arguments) {
        std::puts(
            "usage: world [--seed N | --worlds N [--first-seed N]] [--clients N] [--openssl] "
            "[--storm]");
        return 2;
    }
    if (arguments->seed) return holds(*arguments->seed, arguments->options, true) ? 0 : 1;
    std::uint64_t broken = 0;
    for (std::uint64_t i = 0; i < arguments->worlds; ++i)
        if (!holds(arguments->first_seed + i, arguments->options, false)) ++broken;
    std::printf("%llu worlds of at least %u clients, %llu broken\n",
                static_cast<unsigned long long>(arguments->worlds), arguments->options.clients,
                static_cast<unsigned long long>(broken));
    return broken == 0 ? 0 : 1;
}
