// The result type of the whole project: a value or a named error, never an exception across a
// floor.
#pragma once

#include <tl/expected.hpp>

namespace kanmon {

template <class T, class E>
using Expected = tl::expected<T, E>;

template <class E>
using Unexpected = tl::unexpected<E>;

using tl::unexpected;

}  // namespace kanmon
