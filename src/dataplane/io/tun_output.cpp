#include "dataplane/io/tun_output.h"

#include "dataplane/routing/super_packet.h"

namespace kanmon::io {

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
    const std::size_t packets = packets_in(offload, packet);
    counters_.sizes.count(packets);
    count(outcome, packets);
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
        counters_.sizes.count(1);
        count(queue_->write({}, *piece), 1);
    }
}

void TunOutput::count(TunWrite outcome, std::size_t packets) {
    if (outcome == TunWrite::full) counters_.queue_full += packets;
    if (outcome == TunWrite::failed || outcome == TunWrite::refused) counters_.failed += packets;
}

}  // namespace kanmon::io
