// Wrapping and unwrapping with buffers of one's own, for tests and fuzz targets.
#pragma once

#include "dataplane/crypto/control_wrap.h"

namespace kanmon::crypto {

struct UnwrappedBuffer {
    Buffer packet;
    ReplayId replay;
};

inline Expected<UnwrappedBuffer, Cause> unwrapped(ControlWrap& wrap, Bytes datagram) {
    Buffer room(datagram.size());
    const auto opened = wrap.unwrap(datagram, room);
    if (!opened) return unexpected(opened.error());
    return UnwrappedBuffer{copy_of(opened->packet), opened->replay};
}

}  // namespace kanmon::crypto
