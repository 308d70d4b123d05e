// Calls one action of the API again and again over several connections, each call signed anew, and
// prints what it took as one line of JSON. Used by bench/api.py.
//
//   api_load --endpoint URL [--ca FILE] --access-key-file FILE --connections N --count N
//            ACTION [NAME=VALUE …]
//
// "{}" in a value becomes the number of the call, so that every creation has a name of its own.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <mutex>
#include <thread>

#include "apps/kanmon/api_client.h"

using namespace kanmon;

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

struct Load {
    std::string endpoint;
    std::string ca_file;
    std::string key_file;
    unsigned connections = 8;
    std::size_t count = 1000;
    std::string action;
    std::vector<std::string> words;
};

struct Result {
    std::vector<double> milliseconds;
    std::size_t failed = 0;
    std::string first_failure;
};

api::Parameters parameters_of(const Load& load, std::size_t number) {
    api::Parameters parameters;
    for (const std::string& word : load.words) {
        const std::size_t equals = word.find('=');
        std::string value = word.substr(equals + 1);
        if (const std::size_t at = value.find("{}"); at != std::string::npos)
            value.replace(at, 2, std::to_string(number));
        parameters[word.substr(0, equals)] = std::move(value);
    }
    return parameters;
}

void add_failure(Result& result, std::string why) {
    if (result.failed++ == 0) result.first_failure = std::move(why);
}

Result call_in_turn(const Load& load, const apps::ApiAccess& access, std::atomic<std::size_t>& at) {
    apps::ApiClient client(access);
    Result result;
    for (std::size_t number; (number = at++) < load.count;) {
        const auto parameters = parameters_of(load, number);
        const auto began = Clock::now();
        const auto answer = client.call(load.action, parameters);
        result.milliseconds.push_back(Milliseconds(Clock::now() - began).count());
        if (!answer)
            add_failure(result, answer.error());
        else if (answer->status != 200)
            add_failure(result, answer->body);
    }
    return result;
}

Result call_all(const Load& load, const apps::ApiAccess& access) {
    std::atomic<std::size_t> at{0};
    std::mutex lock;
    Result all;
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < load.connections; ++i)
        threads.emplace_back([&] {
            Result one = call_in_turn(load, access, at);
            const std::lock_guard guard(lock);
            std::ranges::copy(one.milliseconds, std::back_inserter(all.milliseconds));
            if (all.failed == 0) all.first_failure = std::move(one.first_failure);
            all.failed += one.failed;
        });
    threads.clear();
    std::ranges::sort(all.milliseconds);
    return all;
}

double quantile(const std::vector<double>& sorted, double part) {
    const auto last = static_cast<double>(sorted.size() - 1);
    return sorted.at(static_cast<std::size_t>(last * part));
}

}  // namespace

int main(int argc, char** argv) {
    Load load;
    CLI::App app("Loads the API of Kanmon with one action.");
    app.add_option("--endpoint", load.endpoint)->required();
    app.add_option("--ca", load.ca_file);
    app.add_option("--access-key-file", load.key_file)->required();
    app.add_option("--connections", load.connections)->check(CLI::Range(1, 64));
    app.add_option("--count", load.count)->check(CLI::Range(1, 100'000'000));
    app.add_option("action", load.action)->required();
    app.add_option("parameters", load.words)->check([](const std::string& word) {
        return word.find('=') == std::string::npos ? word + " is not like NAME=VALUE"
                                                   : std::string();
    });
    CLI11_PARSE(app, argc, argv);
    apps::ApiAccess access{load.endpoint, load.ca_file, {}, {}};
    if (const auto read = apps::read_access_key(load.key_file, access); !read) {
        std::cerr << "api_load: " << read.error() << "\n";
        return 2;
    }
    const auto began = Clock::now();
    const Result result = call_all(load, access);
    const double seconds = Milliseconds(Clock::now() - began).count() / 1000;
    std::cout << fmt::format(
        "{{\"calls\": {}, \"seconds\": {:.3f}, \"per_second\": {:.1f}, \"failed\": {}, "
        "\"p50_ms\": {:.2f}, \"p99_ms\": {:.2f}, \"most_ms\": {:.2f}}}\n",
        load.count, seconds, static_cast<double>(load.count) / seconds, result.failed,
        quantile(result.milliseconds, 0.5), quantile(result.milliseconds, 0.99),
        result.milliseconds.back());
    if (result.failed > 0) std::cerr << "api_load: " << result.first_failure << "\n";
    return result.failed > 0 ? 1 : 0;
}
