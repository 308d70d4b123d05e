#include "dataplane/shaper/fair_queue.h"

#include <algorithm>
#include <utility>

namespace kanmon::shaper {

namespace {

/// So many packets of the longest queue are dropped at once, so that looking for it pays.
constexpr std::size_t shortened_max = 64;

bool within_own_limit(const Ticket& ticket, Instant now) {
    return ticket.bits_per_second == 0 || ticket.free_at <= now;
}

void charge(Ticket& ticket, std::size_t octets, Instant now) {
    if (ticket.bits_per_second == 0) return;
    ticket.free_at =
        std::max(ticket.free_at, now - SharedLine::burst) + time_of(octets, ticket.bits_per_second);
}

std::size_t octets_of(Duration time, std::uint64_t bits_per_second) {
    return static_cast<std::size_t>(static_cast<std::uint64_t>(time.count()) * bits_per_second /
                                    (bits_per_octet * nanoseconds_per_second));
}

}  // namespace

ClientQueues::ClientQueues(std::uint32_t count) : queues_(count) {
    for (std::uint32_t queue = count; queue-- > 0;) give_back(queue);
}

std::uint32_t ClientQueues::take() {
    const std::uint32_t queue = free_;
    if (queue == ClientQueue::none) return queue;
    free_ = queues_[queue].next;
    queues_[queue] = ClientQueue{};
    return queue;
}

void ClientQueues::give_back(std::uint32_t queue) {
    queues_[queue].next = std::exchange(free_, queue);
}

FairQueue::FairQueue(PacketStore& store, ClientQueues& queues, SharedLine& line, DropCounter& drops)
    : store_(store), share_(line), drops_(drops), queues_(queues) {}

FairQueue::~FairQueue() {
    for (List* list : {&young_, &old_})
        while (list->head != none) release(take_first(*list));
}

std::size_t FairQueue::octets_max() const {
    return std::clamp(octets_of(waiting_max, share_.line().rate()), octets_least, octets_most);
}

std::int64_t FairQueue::turn_octets() const {
    return static_cast<std::int64_t>(
        std::clamp(octets_of(turn, share_.line().rate()), turn_octets_least, turn_octets_most));
}

// --- lists ---------------------------------------------------------------------------------------

void FairQueue::append(List& list, QueueNumber queue) {
    queues_[queue].next = none;
    if (list.tail == none)
        list.head = queue;
    else
        queues_[list.tail].next = queue;
    list.tail = queue;
}

FairQueue::QueueNumber FairQueue::take_first(List& list) {
    const QueueNumber first = list.head;
    list.head = queues_[first].next;
    if (list.head == none) list.tail = none;
    return first;
}

void FairQueue::remove(List& list, QueueNumber queue) {
    for (QueueNumber at = list.head, before = none; at != none;
         before = std::exchange(at, queues_[at].next)) {
        if (at != queue) continue;
        (before == none ? list.head : queues_[before].next) = queues_[at].next;
        if (list.tail == at) list.tail = before;
        return;
    }
}

FairQueue::QueueNumber FairQueue::queue_of(Ticket& ticket) {
    if (ticket.queue != none) return ticket.queue;
    ticket.queue = queues_.take();
    if (ticket.queue == none) return none;
    ClientQueue& queue = queues_[ticket.queue];
    queue.ticket = &ticket;
    queue.deficit = turn_octets();
    append(young_, ticket.queue);
    return ticket.queue;
}

void FairQueue::release(QueueNumber number) {
    ClientQueue& queue = queues_[number];
    while (queue.head != no_packet) store_.discard(take_head(queue));
    queue.ticket->queue = none;
    queues_.give_back(number);
}

void FairQueue::forget(Ticket& ticket) {
    if (ticket.queue == none) return;
    remove(young_, ticket.queue);
    remove(old_, ticket.queue);
    release(ticket.queue);
}

// --- packets -------------------------------------------------------------------------------------

PacketNumber FairQueue::take_head(ClientQueue& queue) {
    const PacketNumber packet = queue.head;
    const auto octets = static_cast<std::uint32_t>(store_.octets(packet));
    queue.head = store_.next(packet);
    queue.octets -= octets;
    octets_ -= octets;
    if (queue.head == no_packet) {
        queue.tail = no_packet;
        share_.wait(--waiting_);
    }
    return packet;
}

void FairQueue::count_drop(Ticket& ticket) {
    ++ticket.dropped;
    drops_.dropped(ticket.client);
}

void FairQueue::drop_head(ClientQueue& queue) {
    store_.discard(take_head(queue));
    count_drop(*queue.ticket);
}

void FairQueue::drop_late(ClientQueue& queue, Instant now) {
    while (queue.head != no_packet &&
           queue.delay.drops(now - store_.put_at(queue.head), queue.head == queue.tail, now))
        drop_head(queue);
}

/// From its front: its sender learns of the loss soonest, and what is left is the freshest.
void FairQueue::shorten_longest() {
    ClientQueue* longest = nullptr;
    for (const List* list : {&young_, &old_})
        for (QueueNumber at = list->head; at != none; at = queues_[at].next)
            if (longest == nullptr || queues_[at].octets > longest->octets) longest = &queues_[at];
    if (longest == nullptr) return;
    const std::uint32_t enough = longest->octets / 2;
    for (std::size_t left = shortened_max; left > 0 && longest->octets > enough; --left)
        drop_head(*longest);
}

bool FairQueue::passes(Ticket& ticket, std::size_t octets, Instant now) {
    if (share_.line().rate() == 0 && ticket.bits_per_second == 0) return true;
    if (waiting_ != 0 || !within_own_limit(ticket, now)) return false;
    if (octets > turn_octets_least && share_.line().cost(octets) > SharedLine::burst) return false;
    if (!share_.take(octets, now)) return false;
    charge(ticket, octets, now);
    return true;
}

bool FairQueue::push(Ticket& ticket, Bytes packet, Instant now) {
    const QueueNumber number = queue_of(ticket);
    while (octets_ != 0 && octets_ + packet.size() > octets_max()) shorten_longest();
    auto stored = number == none ? std::nullopt : store_.put(packet, now);
    if (!stored && number != none && octets_ != 0) {
        shorten_longest();
        stored = store_.put(packet, now);
    }
    if (!stored) {
        count_drop(ticket);
        return false;
    }
    ClientQueue& queue = queues_[number];
    if (queue.head == no_packet) {
        queue.head = *stored;
        share_.wait(++waiting_);
        held_back_until_ = {};
    } else {
        store_.set_next(queue.tail, *stored);
    }
    queue.tail = *stored;
    queue.octets += static_cast<std::uint32_t>(packet.size());
    octets_ += packet.size();
    return true;
}

/// True when the first of the list may send; otherwise it was moved to where it belongs.
bool FairQueue::settle_first(List& list, bool young, Instant now) {
    ClientQueue& queue = queues_[list.head];
    drop_late(queue, now);
    if (queue.head == no_packet) {
        // Once more among the old ones, so that nobody is young again right after its turn.
        const QueueNumber emptied = take_first(list);
        if (young)
            append(old_, emptied);
        else
            release(emptied);
        return false;
    }
    if (queue.deficit > 0) return true;
    queue.deficit += turn_octets();
    append(old_, take_first(list));
    return false;
}

std::optional<Leaving> FairQueue::leave(ClientQueue& queue, MutableBytes room, Instant now) {
    const std::size_t octets = store_.octets(queue.head);
    if (!share_.take(octets, now)) return std::nullopt;
    charge(*queue.ticket, octets, now);
    queue.deficit -= static_cast<std::int64_t>(octets);
    const PacketNumber packet = take_head(queue);
    const Leaving leaving{queue.ticket->client, store_.copy(packet, room)};
    store_.discard(packet);
    return leaving;
}

std::optional<Leaving> FairQueue::next(MutableBytes room, Instant now) {
    if (waiting_ == 0 || share_.next() > now) return std::nullopt;
    std::optional<Instant> earliest;  // of those beyond their own limits
    std::uint32_t held_back = 0;
    while (waiting_ != 0) {
        const bool young = young_.head != none;
        List& list = young ? young_ : old_;
        if (!settle_first(list, young, now)) continue;
        ClientQueue& queue = queues_[list.head];
        if (within_own_limit(*queue.ticket, now)) return leave(queue, room, now);
        earliest = std::min(earliest.value_or(queue.ticket->free_at), queue.ticket->free_at);
        append(old_, take_first(list));
        if (++held_back < waiting_) continue;
        held_back_until_ = *earliest;
        return std::nullopt;
    }
    return std::nullopt;
}

std::optional<Instant> FairQueue::due() const {
    if (waiting_ == 0) return std::nullopt;
    return std::max(share_.next(), held_back_until_);
}

}  // namespace kanmon::shaper
