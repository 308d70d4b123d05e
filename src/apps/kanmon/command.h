// The commands of the command line as a table: words, arguments, the action behind them and what to
// show of its answer. The parser, the help and the output all follow from it.
#pragma once

#include <string_view>
#include <vector>

namespace kanmon::apps {

struct CommandArgument {
    std::string_view words;      // "--name", or "GATEWAY" for one without dashes
    std::string_view parameter;  // of the API
    std::string_view help;
    bool required = false;
    bool flag = false;  // takes no value: sends "true"
    /// The value names a file whose first line is sent, "-" standard input: secrets do not belong
    /// into command lines, which every process of the machine can read.
    bool secret = false;
    /// The value names a file that is sent whole, "-" standard input: certificates and lists.
    bool file = false;
    /// The value is a list with commas: each part is sent as "parameter.1", "parameter.2" and so
    /// on.
    bool list = false;
};

enum class Form : unsigned char {
    text,
    time,
    octets,
    texts  // of a list, "Names", or of objects in one, "Users[].Name"; name by value gives each a
           // line of its own
};

struct Column {
    std::string_view title;
    std::string_view path;
    Form form = Form::text;
    std::string_view usual = {};  // name by value leaves it out where it has this value
};

enum class Shape : unsigned char {
    done,   // nothing but success
    table,  // rows of a list, all pages
    first,  // the first row of a list, name by value; none is an error
    flat,   // the answer itself, name by value
    tail,   // Line of each row, and with --follow of those to come; see log_tail.h
    file,   // Content goes to a file
    link    // as flat, and the address that Path is at
};

enum class Waits : unsigned char { no, gateway_active, gateway_gone };

struct FixedParameter {
    std::string_view name;
    std::string_view value;
};

struct Command {
    std::string_view group;  // "gateway"
    std::string_view name;   // "create"
    std::string_view help;
    std::string_view action;  // empty: no call, gateway_backup.h
    std::vector<CommandArgument> arguments;
    Shape shape = Shape::done;
    std::string_view list = {};  // path of the rows
    std::vector<Column> columns = {};
    Waits waits = Waits::no;  // offers --wait
    std::vector<FixedParameter> fixed = {};
};

struct CommandGroup {
    std::string_view name;
    std::string_view help;
};

/// An option that is no parameter of the API.
struct CommandOption {
    std::string_view words;
    std::string_view help;
    std::string_view environment = {};  // also taken from there
    bool flag = false;                  // takes no value
    bool file = false;                  // its value names a file
};

/// Those that may stand anywhere.
const std::vector<CommandOption>& global_options();
/// --wait, --follow, --output, where the command has them.
std::vector<CommandOption> options_by_shape(const Command& command);
const std::vector<CommandGroup>& command_groups();
const std::vector<Command>& commands();

}  // namespace kanmon::apps
