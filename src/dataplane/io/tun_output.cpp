#include "dataplane/io/tun_output.h"

#include "dataplane/routing/super_packet.h"

namespace kanmon::io {

namespace {

/// How many packets this one stands for.
std::size_t packets_in(const routing::Offload& offload, Bytes packet) {
    if (offload.segment_octets == 0 || packet.size() <= offload.header_octets) return 1;
    return (packet.size() - offload.header_octets + offload.segment_octets - 1) /
           offload.segment_octets;
}

}  // namespace

TunOutput::TunOutput()
    : coalescer_(*this),
      room_(std::make_unique_for_overwrite<std::byte[]>(2 * TunQueue::room_octets)) {}

void TunOutput::add(TunQueue& queue, Bytes packet) {
    if (&queue != queue_) flush();
    queue_ = &queue;
    ++counters_.packets;
    if (queue.has_offloads()) return coalescer_.add(packet, datagrams_);
    write({}, packet);
}

void TunOutput::flush() {
    coalescer_.flush();
    queue_ = nullptr;
}

void TunOutput::write(const routing::Offload& offload, Bytes packet) {
    ++counters_.writes;
    const TunWrite outcome = queue_->write(offload, packet);
    if (outcome == TunWrite::refused && offload.segment_octets != 0)
        return write_one_by_one(offload, packet);
    count(outcome, packets_in(offload, packet));
}

void TunOutput::write_one_by_one(const routing::Offload& offload, Bytes packet) {
    if (offload.segments == routing::Offload::Segments::udp) datagrams_ = false;
    const MutableBytes room(room_.get(), 2 * TunQueue::room_octets);
    const MutableBytes copy = room.first(packet.size());
    std::memcpy(copy.data(), packet.data(), packet.size());
    const auto read = routing::read_super_packet(offload, copy);
    if (!read) return count(TunWrite::failed, packets_in(offload, packet));
    routing::PacketPieces pieces = read->segments();
    while (const auto piece = pieces.next(room.subspan(TunQueue::room_octets))) {
        ++counters_.writes;
        count(queue_->write({}, *piece), 1);
    }
}

void TunOutput::count(TunWrite outcome, std::size_t packets) {
    if (outcome == TunWrite::full) counters_.queue_full += packets;
    if (outcome == TunWrite::failed || outcome == TunWrite::refused) counters_.failed += packets;
}

}  // namespace kanmon::io
