#include "chaos/impairment.h"

#include <charconv>
#include <sstream>

namespace kanmon::chaos {

namespace {

std::optional<double> number_of(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

std::optional<Duration> duration_of(std::string_view text) {
    if (!text.ends_with("ms")) return std::nullopt;
    const auto value = number_of(text.substr(0, text.size() - 2));
    if (!value) return std::nullopt;
    return Duration(static_cast<std::int64_t>(*value * 1e6));
}

bool set(Impairment& impairment, std::string_view name, std::string_view value) {
    const auto number = number_of(value);
    const auto duration = duration_of(value);
    if (name == "loss" && number) return impairment.loss = *number, true;
    if (name == "duplicate" && number) return impairment.duplicate = *number, true;
    if (name == "corrupt" && number) return impairment.corrupt = *number, true;
    if (name == "reorder" && number) return impairment.reorder = *number, true;
    if (name == "largest" && number)
        return impairment.largest = static_cast<std::size_t>(*number), true;
    if (name == "delay" && duration) return impairment.delay = *duration, true;
    if (name == "jitter" && duration) return impairment.jitter = *duration, true;
    if (name == "reorder_by" && duration) return impairment.reorder_by = *duration, true;
    return false;
}

}  // namespace

Expected<Impairment, std::string> parse_impairment(const std::string& text) {
    Impairment impairment;
    std::istringstream words(text);
    for (std::string word; std::getline(words, word, ',');) {
        const auto equals = word.find('=');
        if (equals == std::string::npos ||
            !set(impairment, std::string_view(word).substr(0, equals),
                 std::string_view(word).substr(equals + 1)))
            return unexpected("'" + word +
                              "' is not an impairment: loss, duplicate, corrupt, reorder = 0…1; "
                              "delay, jitter, reorder_by = …ms; largest = octets");
    }
    return impairment;
}

ImpairedPath::ImpairedPath(const Impairment& impairment, std::uint64_t seed)
    : impairment_(impairment), random_(seed) {}

bool ImpairedPath::happens(double chance) {
    return std::uniform_real_distribution<double>(0, 1)(random_) < chance;
}

void ImpairedPath::put(Bytes packet, std::uint64_t tag, Instant now) {
    if (happens(impairment_.loss)) return;
    if (impairment_.largest != 0 && packet.size() > impairment_.largest) return;
    const int copies = happens(impairment_.duplicate) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
        Parcel parcel{now + impairment_.delay, order_++, tag, copy_of(packet)};
        if (impairment_.jitter > Duration::zero())
            parcel.due += Duration(std::uniform_int_distribution<std::int64_t>(
                0, impairment_.jitter.count())(random_));
        if (happens(impairment_.reorder)) parcel.due += impairment_.reorder_by;
        if (!parcel.octets.empty() && happens(impairment_.corrupt)) {
            const std::size_t at = random_() % parcel.octets.size();
            parcel.octets[at] ^= static_cast<std::byte>(1 + random_() % 255);
        }
        parcels_.push(std::move(parcel));
    }
}

std::optional<ImpairedPath::Parcel> ImpairedPath::take(Instant now) {
    if (parcels_.empty() || parcels_.top().due > now) return std::nullopt;
    Parcel parcel = parcels_.top();
    parcels_.pop();
    return parcel;
}

std::optional<Instant> ImpairedPath::next_due() const {
    if (parcels_.empty()) return std::nullopt;
    return parcels_.top().due;
}

}  // namespace kanmon::chaos
