// Who asks, and how: what every use case gets beside its request.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "controlplane/model/account.h"
#include "controlplane/model/outcome.h"

namespace kanmon::usecases {

using model::Outcome;
using model::Refusal;

/// A signed request, by which it is told from all others for as long as its signature is good.
struct SignedRequest {
    std::string mark;  // a hash; empty: the call came by a bearer token, or from within
    UnixTime ends{};   // when its signature is good no longer
};

struct Actor {
    model::AccountId account;
    model::Role role = model::Role::owner;
    std::string access_key;  // its id
    std::string request_id;
    model::KeyRole key_role = model::KeyRole::administrator;
    model::BearerTokenId bearer_token = {};  // what was shown instead of a signature; empty: none
    SignedRequest signed_request = {};
};

struct Call {
    Actor actor;
    UnixTime now{};            // wall clock when the request arrived
    std::string client_token;  // empty: none
    bool dry_run = false;      // success is then the refusal DryRunOperation
};

inline constexpr std::uint32_t page_size_max = 50;

struct PageRequest {
    std::uint32_t number = 1;
    std::uint32_t size = 10;
};

template <class T>
struct Page {
    std::vector<T> items;  // of this page
    std::uint32_t number = 1;
    std::uint32_t size = 10;
    std::uint64_t total = 0;  // over all pages
};

/// InvalidParameter for a number below 1 or a size outside 1-50.
inline Outcome<void> check_page(const PageRequest& request) {
    if (request.number >= 1 && request.size >= 1 && request.size <= page_size_max) return {};
    return model::refuse("InvalidParameter",
                         "PageNumber starts at 1 and PageSize is between 1 and 50.");
}

/// Both in UNIX seconds, in order, each may be absent. IllegalParam.From, IllegalParam.To.
inline Outcome<void> check_times(std::optional<std::int64_t> from, std::optional<std::int64_t> to) {
    constexpr std::int64_t end_of_9999 = 253402300799;
    for (const auto& [name, time] : {std::pair{"From", from}, std::pair{"To", to}})
        if (time && (*time < 0 || *time > end_of_9999))
            return model::illegal(name, "From and To are UNIX seconds.");
    if (from && to && *from > *to) return model::illegal("From", "From lies after To.");
    return {};
}

/// The page's rows by `slice(first, most)`. Refusals: those of `check_page`.
template <class Slice>
auto page_from(const PageRequest& request, std::uint64_t total, Slice slice)
    -> Outcome<Page<typename decltype(slice(std::size_t{}, std::size_t{}))::value_type>> {
    if (const auto fits = check_page(request); !fits) return unexpected(fits.error());
    const std::size_t first = std::size_t{request.number - 1} * request.size;
    return Page<typename decltype(slice(first, first))::value_type>{
        .items = slice(first, request.size),
        .number = request.number,
        .size = request.size,
        .total = total};
}

/// Cuts one page out of `all`. Refusals: those of `check_page`.
template <class T>
Outcome<Page<T>> page_of(std::vector<T> all, const PageRequest& request) {
    return page_from(request, all.size(), [&](std::size_t first, std::size_t most) {
        std::vector<T> items;
        for (std::size_t i = first; i < all.size() && i < first + most; ++i)
            items.push_back(std::move(all[i]));
        return items;
    });
}

}  // namespace kanmon::usecases
