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

std::size_t waiting_octets_max(std::uint64_t bits_per_second, std::size_t least) {
    return std::clamp(octets_of(FairQueue::waiting_max, bits_per_second), least,
                      FairQueue::octets_most);
}

/// What a client's own limit alone makes a packet behind another one wait is not the queue's fault.
Duration own_pace(const Ticket& ticket) {
    if (ticket.bits_per_second == 0) return Duration(0);
    return time_of(2 * FairQueue::turn_octets_least, ticket.bits_per_second);
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
    for (List* list : {&young_, &old_, &aside_})
        while (list->head != none) release(take_first(*list));
}

std::size_t FairQueue::octets_max() const {
    return waiting_octets_max(share_.line().rate(), octets_least);
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

FairQueue::QueueNumber FairQueue::queue_of(Ticket& ticket, Instant now) {
    if (ticket.queue != none) return ticket.queue;
    ticket.queue = queues_.take();
    if (ticket.queue == none) return none;
    ClientQueue& queue = queues_[ticket.queue];
    queue.ticket = &ticket;
    queue.deficit = turn_octets();
    if (within_own_limit(ticket, now))
        append(young_, ticket.queue);
    else
        hold(ticket.queue);
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
    for (List* list : {&young_, &old_, &aside_}) remove(*list, ticket.queue);
    release(ticket.queue);
}

// --- limits of clients ---------------------------------------------------------------------------

void FairQueue::limit(Ticket& ticket, std::uint64_t bits_per_second) {
    ticket.bits_per_second = bits_per_second;
    ticket.free_at = {};
    held_until_ = {};
}

/// It is in no list.
void FairQueue::hold(QueueNumber number) {
    ClientQueue& queue = queues_[number];
    held_until_ = aside_.head == none ? queue.ticket->free_at
                                      : std::min(held_until_, queue.ticket->free_at);
    append(aside_, number);
    queue.held = true;
    queue.limit = Limit::clients_own;
    if (queue.head == no_packet) return;
    ++held_;
    share_.wait(ready());
}

void FairQueue::let_go_of_held(Instant now) {
    for (List held = std::exchange(aside_, {}); held.head != none;) {
        const QueueNumber number = take_first(held);
        ClientQueue& queue = queues_[number];
        if (queue.head != no_packet) --held_;
        queue.held = false;
        if (within_own_limit(*queue.ticket, now))
            append(old_, number);
        else
            hold(number);
    }
    share_.wait(ready());
}

void FairQueue::filled(const ClientQueue& queue) {
    ++waiting_;
    if (queue.held) ++held_;
    share_.wait(ready());
}

void FairQueue::emptied(const ClientQueue& queue) {
    --waiting_;
    if (queue.held) --held_;
    share_.wait(ready());
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
        emptied(queue);
    }
    return packet;
}

void FairQueue::count_drop(Ticket& ticket, Limit limit) {
    ++ticket.dropped;
    drops_.dropped(ticket.client, limit);
}

void FairQueue::drop_head(ClientQueue& queue) {
    store_.discard(take_head(queue));
    count_drop(*queue.ticket, queue.limit);
}

void FairQueue::drop_late(ClientQueue& queue, Instant now) {
    const Duration pace = own_pace(*queue.ticket);
    while (queue.head != no_packet &&
           queue.delay.drops(now - store_.put_at(queue.head) - pace, queue.head == queue.tail, now))
        drop_head(queue);
}

/// So that so many octets more are within the client's own time.
void FairQueue::shorten(ClientQueue& queue, std::size_t octets) {
    if (queue.ticket->bits_per_second == 0) return;
    const std::size_t most = waiting_octets_max(queue.ticket->bits_per_second, own_octets_least);
    while (queue.head != no_packet && queue.octets + octets > most) drop_head(queue);
}

/// From its front: its sender learns of the loss soonest, and what is left is the freshest.
void FairQueue::shorten_longest() {
    ClientQueue* longest = nullptr;
    for (const List* list : {&young_, &old_, &aside_})
        for (QueueNumber at = list->head; at != none; at = queues_[at].next)
            if (longest == nullptr || queues_[at].octets > longest->octets) longest = &queues_[at];
    if (longest == nullptr) return;
    const std::uint32_t enough = longest->octets / 2;
    for (std::size_t left = shortened_max; left > 0 && longest->octets > enough; --left)
        drop_head(*longest);
}

bool FairQueue::fits_in_one_piece(const Ticket& ticket, std::size_t octets) const {
    if (octets <= turn_octets_least) return true;
    if (ticket.bits_per_second != 0 &&
        time_of(octets, ticket.bits_per_second) > SharedLine::burst)
        return false;
    return share_.line().cost(octets) <= SharedLine::burst;
}

bool FairQueue::passes(Ticket& ticket, std::size_t octets, Instant now) {
    if (ticket.queue != none && queues_[ticket.queue].head != no_packet) return false;
    if (share_.line().rate() == 0 && ticket.bits_per_second == 0) return true;
    if (ready() != 0 || !within_own_limit(ticket, now)) return false;
    if (!fits_in_one_piece(ticket, octets)) return false;
    if (!share_.take(octets, now)) return false;
    charge(ticket, octets, now);
    return true;
}

bool FairQueue::push(Ticket& ticket, Bytes packet, Instant now) {
    const QueueNumber number = queue_of(ticket, now);
    if (number != none) shorten(queues_[number], packet.size());
    while (octets_ != 0 && octets_ + packet.size() > octets_max()) shorten_longest();
    auto stored = number == none ? std::nullopt : store_.put(packet, now);
    if (!stored && number != none && octets_ != 0) {
        shorten_longest();
        stored = store_.put(packet, now);
    }
    if (!stored) {
        count_drop(ticket, Limit::gateways);
        return false;
    }
    ClientQueue& queue = queues_[number];
    if (queue.head == no_packet) {
        queue.head = *stored;
        filled(queue);
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
    if (!share_.take(octets, now)) {
        queue.limit = Limit::gateways;
        return std::nullopt;
    }
    charge(*queue.ticket, octets, now);
    queue.deficit -= static_cast<std::int64_t>(octets);
    const PacketNumber packet = take_head(queue);
    const Leaving leaving{queue.ticket->client, store_.copy(packet, room)};
    store_.discard(packet);
    return leaving;
}

std::optional<Leaving> FairQueue::next(MutableBytes room, Instant now) {
    if (held_ != 0 && held_until_ <= now) let_go_of_held(now);
    if (ready() == 0 || share_.next() > now) return std::nullopt;
    while (ready() != 0) {
        const bool young = young_.head != none;
        List& list = young ? young_ : old_;
        if (!settle_first(list, young, now)) continue;
        ClientQueue& queue = queues_[list.head];
        if (within_own_limit(*queue.ticket, now)) return leave(queue, room, now);
        hold(take_first(list));
    }
    return std::nullopt;
}

std::optional<Instant> FairQueue::due() const {
    if (waiting_ == 0) return std::nullopt;
    if (ready() == 0) return held_until_;
    return held_ == 0 ? share_.next() : std::min(share_.next(), held_until_);
}

}  // namespace kanmon::shaper
