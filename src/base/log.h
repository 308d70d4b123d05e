// The project's log: one event a line, of name=value pairs, to standard error of the process.
//
// Not for the packet path. Values are escaped here, so that peer text is safe wherever a log is
// read.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace kanmon {

enum class Severity : unsigned char { debug, info, warning, error };

struct Field {
    std::string_view name;
    std::string value;
};

/// `program` names the process in every line. Called once, before threads start.
void open_log(std::string_view program, Severity least);

/// `event` is a fixed lower-case word or phrase; what varies goes into `fields`. Any thread.
void log_event(Severity severity, std::string_view event, std::initializer_list<Field> fields = {});

}  // namespace kanmon
