// One client with a TUN device that moves packets in batches, as the gateway does: the peer in
// front of which both servers are measured.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "dataplane/io/tun_output.h"
#include "dataplane/routing/super_packet.h"
#include "swarm/device.h"
#include "swarm/modes.h"
#include "swarm/report.h"

namespace kanmon::swarm {

namespace {

constexpr unsigned reads_at_once = 64;
constexpr std::size_t octets_at_once = std::size_t{1} << 20;
/// A super-packet with everything that stands around its segments.
constexpr std::size_t sealed_octets_max = 72000;

struct Carried {
    std::uint64_t packets = 0, octets = 0;
};

class Tunnel final : public CrowdWatcher {
public:
    explicit Tunnel(const TunnelOptions& options)
        : options_(options),
          room_(std::make_unique_for_overwrite<std::byte[]>(io::TunQueue::room_octets)) {}

    int run();

private:
    void connected(Member& member, const client::Pushed& pushed) override;
    void over(Member&, bool, const std::string& reason) override { ending_ = reason; }
    void inner(Member&, MutableBytes packet) override;
    void received(Member&) override { output_.flush(); }

    void serve(Crowd& crowd);
    void drain(Member& member, Instant now);
    void send(Member& member, const io::TunPacket& packet, Instant now);
    bool finished() const;
    nlohmann::ordered_json result(Crowd& crowd) const;

    const TunnelOptions& options_;
    std::unique_ptr<io::TunQueue> queue_;
    io::TunOutput output_;
    std::unique_ptr<std::byte[]> room_;
    nlohmann::ordered_json about_;
    Carried up_, down_;
    std::uint64_t reads_ = 0, refused_ = 0;
    std::string failure_, ending_;
    Instant began_{};
    double cpu_before_ = 0;
    bool tcp_ = false;
    bool reading_ = false;
};

void Tunnel::connected(Member& member, const client::Pushed& pushed) {
    if (const auto reason = why_not_carried(pushed)) {
        failure_ = *reason;
        return;
    }
    const auto addressing = read_addressing(pushed);
    if (!addressing) {
        failure_ = addressing.error();
        return;
    }
    const client::ClientEngine& engine = member.engine();
    const std::uint16_t fitting =
        fitting_mtu(addressing->tun_mtu, engine.front_octets() + engine.back_octets(),
                    !member.link().server().is_v4(), tcp_);
    const std::uint16_t mtu = options_.mtu != 0 ? options_.mtu : fitting;
    auto queue = make_device(options_.device, *addressing, mtu);
    if (!queue) {
        failure_ = queue.error();
        return;
    }
    queue_ = std::move(*queue);
    began_ = boot_now();
    cpu_before_ = own_cpu_seconds();
    about_["device"] = options_.device;
    about_["address"] = to_string(addressing->address.local);
    if (addressing->address6) about_["address6"] = to_string(addressing->address6->local);
    about_["cipher"] = name_of(engine.cipher());
    about_["protocol"] = tcp_ ? "tcp" : "udp";
    about_["mtu"] = mtu;
    about_["burst"] = options_.common.burst;
    about_["offloads"] = queue_->has_offloads();
    say("tunnel up: " + about_.dump());
}

void Tunnel::inner(Member&, MutableBytes packet) {
    if (!queue_) return;
    ++down_.packets;
    down_.octets += packet.size();
    output_.add(*queue_, packet);
}

/// A stream that is full lets the device's queue fill, and its senders wait.
void Tunnel::serve(Crowd& crowd) {
    Member* member = crowd.member(0);
    if (!queue_ || member == nullptr || !member->is_connected()) return;
    const bool wanted = member->link().has_room(sealed_octets_max);
    if (wanted != reading_) crowd.watch_own(queue_->fd(), wanted);
    reading_ = wanted;
    if (wanted && crowd.own_ready()) drain(*member, crowd.now());
}

void Tunnel::drain(Member& member, Instant now) {
    std::size_t octets = 0;
    for (unsigned left = reads_at_once; left > 0 && octets < octets_at_once; --left) {
        if (!member.link().has_room(sealed_octets_max)) break;
        io::TunPacket packet;
        const io::TunRead outcome = queue_->read({room_.get(), io::TunQueue::room_octets}, packet);
        if (outcome == io::TunRead::lost) failure_ = "the device " + options_.device + " is gone";
        if (outcome == io::TunRead::lost || outcome == io::TunRead::empty) break;
        octets += packet.octets.size();
        if (outcome == io::TunRead::packet) send(member, packet, now);
    }
    member.link().flush();
}

void Tunnel::send(Member& member, const io::TunPacket& packet, Instant now) {
    ++reads_;
    const auto read = routing::read_super_packet(packet.offload, packet.octets);
    if (!read) {
        ++refused_;
        return;
    }
    const auto send_one = [&](std::size_t octets) {
        if (!member.send(octets, now)) return;
        ++up_.packets;
        up_.octets += octets;
    };
    if (read->is_single()) {
        const Bytes whole = read->whole.octets;
        std::ranges::copy(whole, member.packet_room(whole.size()).begin());
        return send_one(whole.size());
    }
    routing::PacketPieces segments = read->segments();
    const std::size_t octets_max = segments.octets_max();
    while (const auto segment = segments.next(member.packet_room(octets_max)))
        send_one(segment->size());
}

bool Tunnel::finished() const {
    if (stop_asked() || !failure_.empty() || !ending_.empty()) return true;
    if (options_.seconds <= 0 || !queue_) return false;
    return std::chrono::duration<double>(boot_now() - began_).count() >= options_.seconds;
}

nlohmann::ordered_json Tunnel::result(Crowd& crowd) const {
    const auto each = [](std::uint64_t of, std::uint64_t in) {
        return in == 0 ? 0.0 : static_cast<double>(of) / static_cast<double>(in);
    };
    const io::SendCounters& sent = crowd.rooms().sending.counters();
    const io::TunCounters& written = output_.counters();
    nlohmann::ordered_json result{{"mode", "tunnel"}};
    result.update(about_);
    result["seconds"] = std::chrono::duration<double>(boot_now() - began_).count();
    result["up_octets"] = up_.octets;
    result["up_packets"] = up_.packets;
    result["down_octets"] = down_.octets;
    result["down_packets"] = down_.packets;
    result["packets_per_device_read"] = each(up_.packets, reads_);
    result["packets_per_device_write"] = each(written.packets, written.writes);
    if (!tcp_) result["packets_per_send"] = each(sent.datagrams, sent.calls);
    result["dropped"] = sent.queue_full + sent.failed + written.queue_full + written.failed;
    result["refused"] = refused_;
    result["renegotiated"] = crowd.tally().renegotiated;
    result["own_cpu_seconds"] = own_cpu_seconds() - cpu_before_;
    return result;
}

int Tunnel::run() {
    auto plan = make_plan(options_.common);
    if (!plan) return say("swarm: " + plan.error()), cannot_begin;
    tcp_ = plan->places.front().tcp;
    Crowd crowd(std::move(*plan), *this);
    while (!finished() && !crowd.nobody_left()) {
        crowd.turn();
        serve(crowd);
    }
    const bool was_up = queue_ != nullptr;
    const auto kept = result(crowd);
    if (ending_.empty()) say_goodbye(crowd);
    if (reading_) crowd.watch_own(queue_->fd(), false);
    for (const auto& [reason, count] : crowd.tally().failed.by_reason()) failure_ = reason;
    for (const auto& [reason, count] : crowd.tally().lost.by_reason()) failure_ = reason;
    if (!failure_.empty()) say("swarm: " + failure_);
    if (!was_up) return cannot_begin;
    print_result(kept);
    return failure_.empty() ? done : something_failed;
}

}  // namespace

int run_tunnel(const TunnelOptions& options) {
    return Tunnel(options).run();
}

}  // namespace kanmon::swarm
