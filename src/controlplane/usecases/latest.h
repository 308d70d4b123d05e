// The latest so many values by key: a newer one makes the oldest give way.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <map>
#include <optional>
#include <utility>

namespace kanmon::usecases {

template <class Key, class Value>
class Latest {
public:
    explicit Latest(std::size_t most) : most_(most) {}

    /// In the place of what was there by this key.
    void put(const Key& key, Value value) {
        take(key);
        if (entries_.size() >= most_) take(Key(order_.front()));
        order_.push_back(key);
        entries_.emplace(key, Entry{std::move(value), std::prev(order_.end())});
    }
    std::optional<Value> take(const Key& key) {
        const auto found = entries_.find(key);
        if (found == entries_.end()) return std::nullopt;
        std::optional<Value> value = std::move(found->second.value);
        order_.erase(found->second.place);
        entries_.erase(found);
        return value;
    }

private:
    struct Entry {
        Value value;
        typename std::list<Key>::iterator place;
    };

    std::size_t most_;
    std::list<Key> order_;  // oldest first
    std::map<Key, Entry> entries_;
};

}  // namespace kanmon::usecases
