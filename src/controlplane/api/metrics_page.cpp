#include "controlplane/api/metrics_page.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "base/bytes.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "base/whole_file.h"

namespace kanmon::api {

namespace {

using bridge::Meter;
using usecases::LiveServer;

constexpr std::size_t token_characters = 64;

class Page {
public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        text_ += fmt::format("# HELP kanmon_{} {}\n# TYPE kanmon_{} {}\n", name, help, name, type);
    }
    void value(std::string_view name, std::string_view labels, std::uint64_t count) {
        text_ += fmt::format("kanmon_{}{}{}{} {}\n", name, labels.empty() ? "" : "{", labels,
                             labels.empty() ? "" : "}", count);
    }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
};

struct Counter {
    Meter meter;
    std::string_view name;
    std::string_view help;
};
constexpr std::array counters{
    Counter{Meter::received_octets, "server_received_bytes_total", "tunnelled, from clients"},
    Counter{Meter::sent_octets, "server_sent_bytes_total", "tunnelled, to clients"},
    Counter{Meter::received_packets, "server_received_packets_total", "tunnelled, from clients"},
    Counter{Meter::sent_packets, "server_sent_packets_total", "tunnelled, to clients"},
    Counter{Meter::handshakes_begun, "server_handshakes_begun_total", "clients that answered"},
    Counter{Meter::handshakes_done, "server_handshakes_done_total", "clients that were connected"},
    Counter{Meter::handshakes_refused, "server_handshakes_refused_total",
            "clients that were refused or gave up, without those asked for their code"},
    Counter{Meter::renegotiations, "server_renegotiations_total", "keys after the first"},
    Counter{Meter::moves, "server_moves_total", "clients that went on from another address"}};

struct Gauge {
    std::string_view name;
    std::string_view help;
    std::uint64_t (*read)(const LiveServer&);
};
constexpr std::array gauges{
    Gauge{"server_clients", "connected now",
          [](const LiveServer& row) { return std::uint64_t{row.fact.online}; }},
    Gauge{"server_half_open", "handshakes under way",
          [](const LiveServer& row) { return std::uint64_t{row.fact.half_open}; }},
    Gauge{"server_pool_slots", "addresses of the client pool",
          [](const LiveServer& row) { return std::uint64_t{row.server.slots}; }},
    Gauge{"server_pool_slots_used", "of these used or held",
          [](const LiveServer& row) { return std::uint64_t{row.slots_used}; }}};

std::string labels_of(const LiveServer& row) {
    return fmt::format("gateway=\"{}\",server=\"{}\"", row.server.gateway, row.server.id);
}

template <class Each>
void for_each_drop(Each each) {
    for (std::size_t i = 0; i < cause_count; ++i)
        if (cause_table[i].kind == CauseKind::drop) each(i, cause_table[i].code);
}

void add_drops(Page& page, const usecases::LiveState& state) {
    page.family("server_dropped_packets_total", "counter", "by cause: see docs/causes.md");
    for (const LiveServer& row : state.servers)
        for_each_drop([&](std::size_t i, std::string_view code) {
            page.value("server_dropped_packets_total",
                       fmt::format("{},cause=\"{}\"", labels_of(row), code), row.fact.drops[i]);
        });
    page.family("dropped_packets_total", "counter", "of the whole gateway, by cause");
    for_each_drop([&](std::size_t i, std::string_view code) {
        page.value("dropped_packets_total", fmt::format("cause=\"{}\"", code),
                   state.process.by_cause[i]);
    });
}

void add_machine(Page& page, const bridge::MachineFact& machine) {
    page.family("machine_provision", "gauge", "1 where the kernel gives it: see docs/api.md");
    for (std::size_t i = 0; i < machine.provisions.size(); ++i)
        page.value("machine_provision", fmt::format("provision=\"{}\"", bridge::provision_names[i]),
                   machine.provisions[i] == bridge::Presence::present ? 1 : 0);
    page.family("batch_packets", "histogram", "packets that one system call moved");
    for (std::size_t shard = 0; shard < machine.shards.size(); ++shard)
        for (std::size_t kind = 0; kind < bridge::batch_names.size(); ++kind) {
            const bridge::BatchSizes& sizes = machine.shards[shard][kind];
            const std::string labels =
                fmt::format("shard=\"{}\",calls=\"{}\"", shard, bridge::batch_names[kind]);
            std::uint64_t calls = 0;
            for (std::size_t bucket = 0; bucket < bridge::batch_buckets; ++bucket) {
                calls += sizes.calls[bucket];
                const bool last = bucket + 1 == bridge::batch_buckets;
                page.value("batch_packets_bucket",
                           fmt::format("{},le=\"{}\"", labels,
                                       last ? std::string("+Inf")
                                            : std::to_string(bridge::most_of_bucket(bucket))),
                           calls);
            }
            page.value("batch_packets_sum", labels, sizes.packets);
            page.value("batch_packets_count", labels, calls);
        }
}

HttpResponse plain(int status, std::string body) {
    HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
}

Unexpected<std::string> problem(const std::string& path) {
    return unexpected(fmt::format("the token of /metrics, {}: {}", path, std::strerror(errno)));
}

/// What a file holds after a loss of power or on a full disk is none: empty, cut off, or zeros.
bool is_token(std::string_view text) {
    return text.size() == token_characters &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

/// Nothing when no file is there, or one without a token.
Expected<std::optional<std::string>, std::string> read_token(const std::string& path) {
    const UniqueFd present(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!present && errno == ENOENT) return std::optional<std::string>();
    std::string text(token_characters + 2, '\0');  // a line end, and one to see that there is more
    const ssize_t got = present ? ::read(present.get(), text.data(), text.size()) : -1;
    if (got < 0) return problem(path);
    text.resize(static_cast<std::size_t>(got));
    if (text.ends_with('\n')) text.pop_back();
    if (is_token(text)) return std::optional(std::move(text));
    log_event(Severity::warning, "no token in the file of /metrics, so a new one is made",
              {{"file", path}, {"octets", std::to_string(got)}});
    return std::optional<std::string>();
}

Expected<std::string, std::string> read_or_make_token(const std::string& path, Random& random) {
    auto present = read_token(path);
    if (!present) return unexpected(present.error());
    if (*present) return std::move(**present);
    std::string made = to_hex(random.array<token_characters / 2>());
    if (auto written = write_whole_file(path, as_bytes(made + "\n"), 0600); !written)
        return unexpected("the token of /metrics: " + written.error());
    return made;
}

}  // namespace

std::string metrics_text(const usecases::LiveState& state) {
    Page page;
    page.family("data_connected", "gauge", "1 while the data process speaks");
    page.value("data_connected", "", state.data_connected ? 1 : 0);
    page.family("records_lost_total", "counter", "records of the log that were dropped under load");
    page.value("records_lost_total", "", state.process.records_lost);
    std::map<std::string, std::uint32_t> gateways;
    for (const LiveServer& row : state.servers)
        gateways[row.server.gateway] = row.server.connections_max;
    page.family("gateway_connections_max", "gauge", "clients that the gateway admits");
    for (const auto& [gateway, most] : gateways)
        page.value("gateway_connections_max", fmt::format("gateway=\"{}\"", gateway), most);
    for (const Counter& counter : counters) {
        page.family(counter.name, "counter", counter.help);
        for (const LiveServer& row : state.servers)
            page.value(counter.name, labels_of(row),
                       row.fact.meters[static_cast<std::size_t>(counter.meter)]);
    }
    for (const Gauge& gauge : gauges) {
        page.family(gauge.name, "gauge", gauge.help);
        for (const LiveServer& row : state.servers)
            page.value(gauge.name, labels_of(row), gauge.read(row));
    }
    add_drops(page, state);
    add_machine(page, state.machine);
    return page.take();
}

Expected<void, std::string> MetricsPage::load_token(const std::string& path, Random& random) {
    auto token = read_or_make_token(path, random);
    if (!token) return unexpected(token.error());
    token_ = SecretBuffer(as_bytes(*token));
    wipe(std::as_writable_bytes(std::span<char>(*token)));
    return {};
}

HttpResponse MetricsPage::answer(const HttpRequest& request) const {
    constexpr std::string_view bearer = "Bearer ";
    const std::string_view shown = request.header("authorization").value_or("");
    const bool fits = !token_.view().empty() && shown.starts_with(bearer) &&
                      constant_time_equal(as_bytes(shown.substr(bearer.size())), token_.view());
    if (request.too_large || request.ambiguous) return plain(400, "Not a request of /metrics.\n");
    if (!fits)
        return plain(401,
                     "Send the token in STATE/control/metrics-token as Authorization: Bearer.\n");
    if (request.method != "GET" && request.method != "HEAD") return plain(405, "GET /metrics.\n");
    return plain(200, metrics_text(plane_.monitoring.live()));
}

}  // namespace kanmon::api
