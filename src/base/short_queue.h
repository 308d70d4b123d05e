// A queue of a few items that are seldom there: none of its memory is kept while it is empty.
//
// A std::deque holds half a kilobyte from its beginning to its end; a client has eight of them, and
// ten thousand clients idle.
// Limits: taking from the front moves all others; for up to a few dozen.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace kanmon {

template <class Item>
class ShortQueue {
public:
    bool empty() const { return items_.empty(); }
    std::size_t size() const { return items_.size(); }
    auto begin() { return items_.begin(); }
    auto end() { return items_.end(); }
    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }
    auto rbegin() const { return items_.rbegin(); }
    auto rend() const { return items_.rend(); }
    Item& front() { return items_.front(); }
    const Item& front() const { return items_.front(); }
    Item& back() { return items_.back(); }
    const Item& back() const { return items_.back(); }
    Item& operator[](std::size_t at) { return items_[at]; }

    void push_back(Item item) { items_.push_back(std::move(item)); }
    void resize(std::size_t size) { items_.resize(size); }
    void pop_front() { erase(items_.begin()); }
    void erase(typename std::vector<Item>::iterator item) {
        items_.erase(item);
        if (items_.empty()) clear();
    }
    void clear() { std::vector<Item>().swap(items_); }

private:
    std::vector<Item> items_;
};

}  // namespace kanmon
