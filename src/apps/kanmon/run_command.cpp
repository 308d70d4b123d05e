#include "apps/kanmon/run_command.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "apps/kanmon/log_tail.h"
#include "apps/kanmon/terminal_text.h"
#include "base/time.h"
#include "base/unique_fd.h"
#include "base/whole_file.h"
#include "controlplane/api/timestamp.h"

namespace kanmon::apps {
namespace {

constexpr auto poll_pause = std::chrono::milliseconds(200);
constexpr int polls_max = 300;  // a minute
constexpr std::string_view rows_a_page = "50";

std::string octets_text(std::int64_t octets) {
    if (octets < 1000) return std::to_string(octets);
    double value = static_cast<double>(octets);
    std::string_view units = "kMGTPE";
    value /= 1000;
    while (value >= 1000 && units.size() > 1) {
        value /= 1000;
        units.remove_prefix(1);
    }
    return fmt::format("{:.1f}{}", value, units[0]);
}

std::vector<std::string> texts_of(const JsonDocument& row, std::string_view path) {
    constexpr std::string_view each = "[].";
    const std::size_t inner = path.find(each);
    const std::string_view member =
        inner == std::string_view::npos ? std::string_view() : path.substr(inner + each.size());
    std::vector<std::string> texts;
    for (const JsonDocument& item : row.items(path.substr(0, inner)))
        texts.push_back(showable(item.text(member)));
    return texts;
}

std::string comma_separated(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
    return all.empty() ? "-" : all;
}

std::string cell(const JsonDocument& row, const Column& column) {
    const std::int64_t number = row.number(column.path);
    switch (column.form) {
        case Form::time:
            return number > 0 ? api::timestamp_text(unix_time_of(number / 1000)) : "-";
        case Form::octets:
            return octets_text(number);
        case Form::texts:
            return comma_separated(texts_of(row, column.path));
        case Form::text:
            break;
    }
    const std::string text = showable(row.text(column.path));
    return text.empty() ? "-" : text;
}

std::string name_by_value(const JsonDocument& row, const std::vector<Column>& columns) {
    std::vector<std::vector<std::string>> lines;
    for (const Column& column : columns) {
        if (column.form == Form::texts) {
            for (std::string& text : texts_of(row, column.path))
                lines.push_back({std::string(column.title), std::move(text)});
            continue;
        }
        const std::string text = cell(row, column);
        if (text != "-" && (column.usual.empty() || text != column.usual))
            lines.push_back({std::string(column.title), text});
    }
    return aligned(lines);
}

/// A list of networks can be hundreds long; a table shows how it begins.
std::string shortened(const std::string& text) {
    constexpr std::size_t octets_max = 60;
    if (text.size() <= octets_max) return text;
    const std::size_t comma = text.rfind(',', octets_max);
    if (comma == std::string::npos) return text;
    const auto rest =
        std::count(text.begin() + static_cast<std::ptrdiff_t>(comma), text.end(), ',');
    return fmt::format("{} and {} more", text.substr(0, comma), rest);
}

std::string table(const std::vector<JsonDocument>& rows, const std::vector<Column>& columns) {
    std::vector<std::vector<std::string>> lines(1);
    for (const Column& column : columns) lines[0].emplace_back(column.title);
    for (const JsonDocument& row : rows) {
        auto& line = lines.emplace_back();
        for (const Column& column : columns) line.push_back(shortened(cell(row, column)));
    }
    return aligned(lines);
}

/// "CODE: MESSAGE (request ID)".
std::string refusal_of(const ApiAnswer& answer) {
    return fmt::format("{}: {} (request {})", showable(answer.document.text("Code")),
                       showable(answer.document.text("Message")),
                       showable(answer.document.text("RequestId")));
}

/// Rows of this page and of all that follow. Never a part of them: the error is a sentence.
Expected<std::vector<JsonDocument>, std::string> all_rows(ApiClient& client,
                                                          const Invocation& invocation,
                                                          const ApiAnswer& first) {
    std::vector<JsonDocument> rows = first.document.items(invocation.command->list);
    const auto total = static_cast<std::size_t>(first.document.number("TotalCount"));
    api::Parameters parameters = invocation.parameters;
    for (int page = 2; rows.size() < total; ++page) {
        parameters["PageNumber"] = std::to_string(page);
        const auto answer =
            client.call_patiently(std::string(invocation.command->action), parameters);
        if (!answer) return unexpected(answer.error());
        if (answer->status != 200) return unexpected(refusal_of(*answer));
        const auto more = answer->document.items(invocation.command->list);
        if (more.empty()) break;  // rows went meanwhile
        rows.insert(rows.end(), more.begin(), more.end());
    }
    return rows;
}

bool is_special(const std::string& path) {
    struct stat status {};
    return path == "-" || (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode));
}

/// A file that is there is replaced: its mode may let others read what was in it.
Expected<void, std::string> write_private(const std::string& path, Bytes content) {
    if (!is_special(path)) return write_whole_file(path, content, 0600);
    const UniqueFd opened(
        path == "-" ? -1 : ::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    const int file = path == "-" ? STDOUT_FILENO : opened.get();
    while (file >= 0 && !content.empty()) {
        const ssize_t wrote = ::write(file, content.data(), content.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) break;
        content = content.subspan(static_cast<std::size_t>(wrote));
    }
    if (file < 0 || !content.empty())
        return unexpected(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
    return {};
}

Buffer from_base64(const std::string& text) {
    Buffer octets(text.size() / 4 * 3);
    if (octets.empty()) return {};
    const int length =
        EVP_DecodeBlock(static_cast<unsigned char*>(static_cast<void*>(octets.data())),
                        static_cast<const unsigned char*>(static_cast<const void*>(text.data())),
                        static_cast<int>(text.size()));
    if (length < 0) return {};
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    octets.resize(static_cast<std::size_t>(length) - padding);
    return octets;
}

/// A file name that the API gave stays in this folder.
std::string local_name(const std::string& name) {
    const std::size_t slash = name.find_last_of('/');
    return slash == std::string::npos ? name : name.substr(slash + 1);
}

int save_file(const Invocation& invocation, const ApiAnswer& answer) {
    Buffer content = from_base64(answer.document.text("Content"));
    if (content.empty()) return fail("the API sent no content");
    const std::string path = invocation.output.empty()
                                 ? local_name(answer.document.text("FileName"))
                                 : invocation.output;
    const auto written = write_private(path, content);
    wipe(content);
    if (!written) return fail(written.error());
    const std::string password = answer.document.text("Password");
    if (!password.empty() && !invocation.json)
        std::fputs(fmt::format("password, shown once: {}\n", showable(password)).c_str(), stderr);
    if (path == "-") return 0;
    // The key is in the file now; the answer is shown without it.
    if (invocation.json)
        std::puts(answer.document.without("Content").dump().c_str());
    else
        std::puts(fmt::format("{} written; it holds a private key", path).c_str());
    return 0;
}

int show(ApiClient& client, const Invocation& invocation, const ApiAnswer& answer) {
    const Command& command = *invocation.command;
    if (command.shape == Shape::file) return save_file(invocation, answer);
    const bool none =
        command.shape == Shape::first && answer.document.items(command.list).empty();
    if (invocation.json) std::puts(answer.body.c_str());
    if (none) return fail("there is none with this id");
    if (invocation.json) return 0;
    switch (command.shape) {
        case Shape::done:
        case Shape::file:
            break;
        case Shape::link:
            std::puts((client.endpoint() + showable(answer.document.text("Path"))).c_str());
            [[fallthrough]];
        case Shape::flat:
            std::fputs(name_by_value(answer.document, command.columns).c_str(), stdout);
            break;
        case Shape::first:
            std::fputs(name_by_value(answer.document.items(command.list).front(), command.columns)
                           .c_str(),
                       stdout);
            break;
        case Shape::tail:
            break;  // has a way of its own
        case Shape::table: {
            const auto rows = all_rows(client, invocation, answer);
            if (!rows) return fail(rows.error());
            std::fputs(table(*rows, command.columns).c_str(), stdout);
            break;
        }
    }
    return 0;
}

/// Until the gateway is active, or is no more.
int wait_for_gateway(ApiClient& client, const std::string& region, const std::string& id,
                     Waits until) {
    for (int poll = 0; poll < polls_max; ++poll) {
        const auto answer = client.call_patiently("DescribeVpnGateway",
                                                  {{"RegionId", region}, {"VpnGatewayId", id}});
        if (!answer) return fail(answer.error());
        if (until == Waits::gateway_gone && answer->status == 404) return 0;
        if (until == Waits::gateway_active && answer->document.text("Status") == "active") return 0;
        if (answer->status != 200) return refused(*answer, false);
        std::this_thread::sleep_for(poll_pause);
    }
    return fail(
        fmt::format("gateway {} is not ready after a minute; its status is shown by "
                    "'kanmon gateway show {}'",
                    showable(id), showable(id)));
}

std::string gateway_of(const Invocation& invocation, const ApiAnswer& answer) {
    const std::string answered = answer.document.text("VpnGatewayId");
    if (!answered.empty()) return answered;
    const auto given = invocation.parameters.find("VpnGatewayId");
    return given == invocation.parameters.end() ? std::string() : given->second;
}

}  // namespace

int fail(const std::string& sentence) {
    std::fputs(fmt::format("kanmon: {}\n", sentence).c_str(), stderr);
    return 1;
}

int refused(const ApiAnswer& answer, bool json) {
    if (json) std::puts(answer.body.c_str());
    return fail(refusal_of(answer));
}

int run_command(ApiClient& client, Invocation invocation) {
    const Command& command = *invocation.command;
    for (const FixedParameter& fixed : command.fixed)
        invocation.parameters.try_emplace(std::string(fixed.name), fixed.value);
    if (command.shape == Shape::tail) return run_tail(client, std::move(invocation));
    if (command.shape == Shape::table) invocation.parameters.try_emplace("PageSize", rows_a_page);
    const auto answer = client.call(std::string(command.action), invocation.parameters);
    if (!answer) return fail(answer.error());
    if (answer->status != 200) return refused(*answer, invocation.json);
    if (invocation.wait) {
        const int waited = wait_for_gateway(client, invocation.parameters["RegionId"],
                                            gateway_of(invocation, *answer), command.waits);
        if (waited != 0) return waited;
    }
    return show(client, invocation, *answer);
}

int run_call(ApiClient& client, const std::string& action, const api::Parameters& parameters) {
    const auto answer = client.call(action, parameters);
    if (!answer) return fail(answer.error());
    if (answer->status != 200) return refused(*answer, true);
    std::puts(answer->body.c_str());
    return 0;
}

}  // namespace kanmon::apps
