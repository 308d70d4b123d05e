#include "dataplane/directory/client_directory.h"

#include <bit>

namespace kanmon::directory {

namespace {

__extension__ using Wide = unsigned __int128;

/// Multiplies and folds: every bit of both words reaches every bit of the result.
std::uint64_t fold(std::uint64_t left, std::uint64_t right) {
    const Wide product = Wide{left} * right;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t word_of(const wire::SessionId& id) {
    return std::bit_cast<std::uint64_t>(id.octets);
}

}  // namespace

ClientDirectory::ClientDirectory(std::uint32_t slots_max, const std::array<std::uint64_t, 2>& seed)
    : seed_(seed),
      records_(slots_max),
      by_session_(slots_max),
      by_ids_(slots_max),
      by_place_(slots_max) {}

std::uint64_t ClientDirectory::hash_of(const Place& place) const {
    const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(place.remote.address.octets);
    const std::uint64_t socket =
        std::uint64_t{place.server} << 32 | std::uint64_t{place.listener} << 16 | place.remote.port;
    const std::uint64_t address =
        fold(halves[0] ^ seed_[0], halves[1] ^ seed_[1] ^ std::uint64_t{place.stream} << 32);
    return fold(address ^ seed_[1], socket ^ seed_[0]);
}

std::uint64_t ClientDirectory::hash_of(const wire::SessionId& id, std::uint64_t with) const {
    return fold(word_of(id) ^ seed_[0], with ^ seed_[1]);
}

void ClientDirectory::add(Slot slot, const Place& place, const wire::SessionId& peer,
                          const wire::SessionId& own) {
    Record& record = records_[slot];
    record = {place, peer, own, no_slot, no_slot, hash_of(place)};
    by_ids_.insert(hash_of(peer, word_of(own)), slot);
    link(slot);
}

void ClientDirectory::remove(Slot slot) {
    const Record& record = records_[slot];
    by_ids_.remove(hash_of(record.peer, word_of(record.own)), slot);
    unlink(slot);
}

void ClientDirectory::move(Slot slot, const Place& to) {
    unlink(slot);
    records_[slot].place = to;
    records_[slot].place_hash = hash_of(to);
    link(slot);
}

void ClientDirectory::link(Slot slot) {
    Record& record = records_[slot];
    by_session_.insert(hash_of(record.peer, record.place_hash), slot);
    record.newer = no_slot;
    record.older = newest_at(record.place);
    if (record.older == no_slot) {
        by_place_.insert(record.place_hash, slot);
    } else {
        records_[record.older].newer = slot;
        by_place_.replace(record.place_hash, record.older, slot);
    }
}

void ClientDirectory::unlink(Slot slot) {
    Record& record = records_[slot];
    by_session_.remove(hash_of(record.peer, record.place_hash), slot);
    if (record.older != no_slot) records_[record.older].newer = record.newer;
    if (record.newer != no_slot)
        records_[record.newer].older = record.older;
    else
        by_place_.replace(record.place_hash, slot, record.older);
    record.older = record.newer = no_slot;
}

Slot ClientDirectory::by_session(const Place& place, const wire::SessionId& peer) const {
    return by_session_.find(hash_of(peer, hash_of(place)), [&](Slot slot) {
        return records_[slot].peer == peer && records_[slot].place == place;
    });
}

Slot ClientDirectory::by_ids(const wire::SessionId& peer, const wire::SessionId& own) const {
    return by_ids_.find(hash_of(peer, word_of(own)), [&](Slot slot) {
        return records_[slot].peer == peer && records_[slot].own == own;
    });
}

Slot ClientDirectory::newest_at(const Place& place) const {
    return by_place_.find(hash_of(place), [&](Slot slot) { return records_[slot].place == place; });
}

}  // namespace kanmon::directory
