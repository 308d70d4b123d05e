#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "base/escape.h"

namespace kanmon {

namespace {

spdlog::level::level_enum level_of(Severity severity) {
    switch (severity) {
        case Severity::debug:
            return spdlog::level::debug;
        case Severity::info:
            return spdlog::level::info;
        case Severity::warning:
            return spdlog::level::warn;
        case Severity::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

}  // namespace

void open_log(std::string_view program, Severity least) {
    auto logger = std::make_shared<spdlog::logger>(
        std::string(program), std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_level(level_of(least));
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %n[%P] %l %v", spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::debug);
    spdlog::set_default_logger(std::move(logger));
}

void log_event(Severity severity, std::string_view event, std::initializer_list<Field> fields) {
    spdlog::logger* logger = spdlog::default_logger_raw();
    if (logger == nullptr || !logger->should_log(level_of(severity))) return;
    std::string line(event);
    for (const Field& field : fields) {
        line += ' ';
        line += field.name;
        line += "=\"";
        for (const char c : escaped(field.value, 1024)) {
            if (c == '"') line += '\\';
            line += c;
        }
        line += '"';
    }
    logger->log(level_of(severity), "{}", line);
}

}  // namespace kanmon
