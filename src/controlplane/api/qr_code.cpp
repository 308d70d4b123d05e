#include "controlplane/api/qr_code.h"

#include <fmt/core.h>
#include <qrencode.h>

#include <memory>

namespace kanmon::api {

namespace {

constexpr int quiet_modules = 4;
constexpr unsigned char black = 1;  // the lowest bit of a module; the others say what it is for

using Code = std::unique_ptr<QRcode, decltype(&QRcode_free)>;

/// One path for all: each run of black modules in a row is one rectangle.
std::string path_of(const QRcode& code) {
    std::string path;
    const auto is_black = [&](int x, int y) {
        return (code.data[y * code.width + x] & black) != 0;
    };
    for (int y = 0; y < code.width; ++y)
        for (int x = 0; x < code.width; ++x) {
            if (!is_black(x, y)) continue;
            const int begin = x;
            while (x < code.width && is_black(x, y)) ++x;
            path += fmt::format("M{} {}h{}v1h-{}z", begin + quiet_modules, y + quiet_modules,
                                x - begin, x - begin);
        }
    return path;
}

}  // namespace

std::string qr_svg(std::string_view text) {
    const std::string ended(text);
    const Code code(QRcode_encodeString8bit(ended.c_str(), 0, QR_ECLEVEL_M), QRcode_free);
    if (!code) return {};
    const int side = code->width + 2 * quiet_modules;
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {0}\" "
        "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{0}v{0}H0z\"/>"
        "<path d=\"{1}\"/></svg>",
        side, path_of(*code));
}

}  // namespace kanmon::api
