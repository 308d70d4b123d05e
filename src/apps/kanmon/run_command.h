// Runs one command: calls its action, shows the answer, waits when asked to.
#pragma once

#include <cstdio>
#include <string>

#include "apps/kanmon/api_client.h"
#include "apps/kanmon/command.h"

namespace kanmon::apps {

struct Invocation {
    const Command* command = nullptr;
    api::Parameters parameters;
    bool json = false;
    bool wait = false;
    bool follow = false;  // of Shape::tail
    std::string output;  // file of Shape::file; empty: the name the API gives; "-": standard output
};

/// 1, after the sentence was written to standard error.
int fail(const std::string& sentence);
/// The same, for an answer that refuses.
int refused(const ApiAnswer& answer, bool json);

/// Exit status: 0, or 1 after the reason was written to standard error.
int run_command(ApiClient& client, Invocation invocation);
/// Any action, its answer as it is.
int run_call(ApiClient& client, const std::string& action, const api::Parameters& parameters);

}  // namespace kanmon::apps
