#include "apps/kanmon/log_tail.h"

#include <chrono>
#include <cstdio>
#include <thread>

#include "apps/kanmon/terminal_text.h"

namespace kanmon::apps {
namespace {

constexpr std::string_view records_a_call = "500";
constexpr std::string_view records_first = "20";
constexpr auto pause = std::chrono::seconds(1);

void show(const std::vector<JsonDocument>& records, bool json) {
    for (const JsonDocument& record : records)
        std::puts(json ? record.dump().c_str() : showable(record.text("Line")).c_str());
    std::fflush(stdout);
}

/// All of the minutes that are asked for, or the last ones: of these minutes, or of all.
void begin(api::Parameters& parameters) {
    if (parameters.contains("MinutePeriod") && !parameters.contains("MaxResults")) return;
    parameters["Newest"] = "true";
    parameters.try_emplace("MaxResults", records_first);
}

void go_on_after(api::Parameters& parameters, const std::string& cursor) {
    parameters.erase("Newest");
    parameters["MaxResults"] = records_a_call;
    parameters["Cursor"] = cursor;
}

}  // namespace

int run_tail(ApiClient& client, Invocation invocation) {
    api::Parameters& parameters = invocation.parameters;
    const std::string action(invocation.command->action);
    begin(parameters);
    bool reached = false;
    for (bool away = false;;) {
        const auto answer =
            reached ? client.call_patiently(action, parameters) : client.call(action, parameters);
        if (!answer && (!invocation.follow || !reached)) return fail(answer.error());
        if (!answer) {
            if (!std::exchange(away, true)) fail(answer.error() + "; asking again every second");
            std::this_thread::sleep_for(pause);
            continue;
        }
        away = false;
        reached = true;
        if (answer->status != 200) return refused(*answer, invocation.json);
        const auto records = answer->document.items(invocation.command->list);
        show(records, invocation.json);
        const bool had_newest = parameters.contains("Newest");
        go_on_after(parameters, answer->document.text("Cursor"));
        if (!invocation.follow && (had_newest || records.empty())) return 0;
        if (records.empty() || had_newest) std::this_thread::sleep_for(pause);
    }
}

}  // namespace kanmon::apps
