#include "broker/server.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <cerrno>

#include "base/escape.h"
#include "base/log.h"
#include "broker/listening_sockets.h"

namespace kanmon::broker {

namespace {

constexpr int look_milliseconds = 5000;

bridge::BrokerAnswer problem_answer(std::string problem) {
    // A sentence of many servers may be long; its beginning is enough for people.
    if (problem.size() > bridge::text_octets_max) problem.resize(bridge::text_octets_max);
    return {std::move(problem)};
}

}  // namespace

Server::Server(bridge::PacketListener listener, LinuxKernel& kernel, Reconciler& reconciler,
               ServerOptions options)
    : listener_(std::move(listener)), kernel_(kernel), reconciler_(reconciler), options_(options) {}

int Server::run() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    const UniqueFd ends(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    note(reconciler_.reconcile());
    for (;;) {
        std::vector<pollfd> watched{{ends.get(), POLLIN, 0}, {listener_.fd(), POLLIN, 0}};
        for (const Customer& customer : customers_)
            watched.push_back({customer.socket.fd(), POLLIN, 0});
        const int count = ::poll(watched.data(), watched.size(), look_milliseconds);
        if (count < 0 && errno == EINTR) continue;
        if (watched[0].revents != 0) return 0;
        if (count == 0) {
            look_after();
            continue;
        }
        for (std::size_t i = customers_.size(); i > 0; --i)
            if (watched[i + 1].revents != 0 && !serve(customers_[i - 1]))
                customers_.erase(customers_.begin() + static_cast<std::ptrdiff_t>(i - 1));
        if (watched[1].revents != 0) accept();
    }
}

/// Nobody tells when somebody flushes all rules, takes a link down or switches forwarding off.
void Server::look_after() {
    const bool stands = reconciler_.stands();
    if (!stands && stood_ && problem_.empty())
        log_event(Severity::warning, "what the gateway needs was taken away, it is made again");
    stood_ = stands;
    if (!stands || !problem_.empty()) note(reconciler_.reconcile());
}

void Server::note(std::string problem) {
    if (!problem.empty() && problem != problem_)
        log_event(Severity::warning, "wanted state not reached", {{"problem", problem}});
    if (problem.empty() && !problem_.empty()) log_event(Severity::info, "wanted state reached");
    problem_ = std::move(problem);
}

void Server::accept() {
    auto socket = listener_.accept();
    if (!socket) return;
    const auto peer = socket->peer();
    if (!peer) return;
    const bool root = options_.allow_root && peer->uid == 0;
    Customer customer{std::move(*socket), peer->uid, root || peer->uid == options_.control_uid,
                      root || peer->uid == options_.data_uid};
    if (!customer.may_want && !customer.may_open) {
        log_event(Severity::warning, "foreign customer refused",
                  {{"uid", std::to_string(peer->uid)}, {"pid", std::to_string(peer->pid)}});
        return;
    }
    if (!root)  // tests play both
        std::erase_if(customers_,
                      [&](const Customer& other) { return other.user == customer.user; });
    customers_.push_back(std::move(customer));
}

bool Server::serve(Customer& customer) {
    auto received = customer.socket.receive();
    if (!received) return received.error() == bridge::SocketError::would_block;
    const auto request = bridge::decode_broker_message(received->octets);
    if (!request) {
        log_event(Severity::warning, "message breaks its format",
                  {{"error", std::to_string(static_cast<int>(request.error()))}});
        return false;
    }
    const Answer answered = answer(customer, request->body, received->descriptors);
    std::vector<int> descriptors;
    for (const UniqueFd& fd : answered.descriptors) descriptors.push_back(fd.get());
    const bridge::BrokerMessage message{request->id, answered.body};
    return customer.socket.send(bridge::encode(message), descriptors).has_value();
}

Server::Answer Server::want(const bridge::WantReady& request,
                            const std::vector<UniqueFd>& descriptors) {
    if (descriptors.size() != 1)
        return {problem_answer("a wanted state comes in one memory file"), {}};
    const auto octets = bridge::read_sealed(descriptors.front().get(), bridge::want_octets_max);
    if (!octets) return {problem_answer("the wanted state: " + octets.error()), {}};
    const auto want = bridge::decode_want(*octets);
    if (!want || want->number != request.number)
        return {problem_answer("the wanted state breaks its format"), {}};
    const std::string problem = reconciler_.want(*want);
    log_event(Severity::info, "wanted state",
              {{"number", std::to_string(want->number)},
               {"servers", std::to_string(want->servers.size())}});
    note(problem);
    return {problem_answer(problem), {}};
}

Server::Answer Server::answer(const Customer& customer, const bridge::BrokerBody& request,
                              const std::vector<UniqueFd>& descriptors) {
    if (const auto* ready = std::get_if<bridge::WantReady>(&request)) {
        if (!customer.may_want) return {problem_answer("only control may want"), {}};
        return want(*ready, descriptors);
    }
    if (!customer.may_open) return {problem_answer("only the data process may open"), {}};
    if (const auto* tun = std::get_if<bridge::OpenTun>(&request)) return open_tun(*tun);
    if (const auto* listener = std::get_if<bridge::OpenListener>(&request))
        return open_listener(*listener);
    return {problem_answer("this message is no request"), {}};
}

Server::Answer Server::open_tun(const bridge::OpenTun& request) {
    const bridge::WantedServer* server = reconciler_.find(request.server_id);
    if (server == nullptr)
        return {problem_answer("SSL server " + escaped(request.server_id, 64) + " is not wanted"),
                {}};
    // Somebody may have removed the device since; making what is there is cheap.
    if (!kernel_.has_device(server->vpc_namespace, server->device).value_or(false))
        note(reconciler_.reconcile());
    auto opened = kernel_.open_tun(*server);
    if (!opened) return {problem_answer(opened.error()), {}};
    if (!opened->why_not.empty())
        log_event(Severity::warning, "the kernel steers no packets, the data process hands them on",
                  {{"device", server->device}, {"why", opened->why_not}});
    const bool steered = static_cast<bool>(opened->steering);
    if (steered) opened->queues.push_back(std::move(opened->steering));
    const auto descriptors = static_cast<std::uint16_t>(opened->queues.size());
    return {bridge::Opened{descriptors, steered}, std::move(opened->queues)};
}

Server::Answer Server::open_listener(const bridge::OpenListener& request) {
    const bridge::WantedServer* server = reconciler_.find(request.server_id);
    if (server == nullptr)
        return {problem_answer("SSL server " + escaped(request.server_id, 64) + " is not wanted"),
                {}};
    if (std::ranges::find(server->listeners, request.listener) == server->listeners.end())
        return {problem_answer("SSL server " + escaped(request.server_id, 64) +
                               " has no listener " + to_string(request.listener.local)),
                {}};
    auto sockets = bind_listener(request.listener, request.sockets);
    if (!sockets) return {problem_answer(sockets.error()), {}};
    return {bridge::Opened{static_cast<std::uint16_t>(sockets->size())}, std::move(*sockets)};
}

}  // namespace kanmon::broker
