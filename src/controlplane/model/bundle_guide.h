// How to use a bundle on each platform, in the languages of its readers. A part of the bundle,
// since whoever opens it has nothing else at hand.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace kanmon::model {

struct Guide {
    std::string_view file_name;  // "README.ja.txt"
    std::string_view text;  // UTF-8, LF, at most 200 octets a line: OpenVPN reads no longer ones
};

/// Of a zip: English, Japanese, Chinese; each for Windows, macOS, Linux, Android and iOS.
extern const std::array<Guide, 3> bundle_guides;

/// The same as comments in front of a single file's lines.
std::string guide_comments();

}  // namespace kanmon::model
