// How far a place has come with events, as a file of one number.
#pragma once

#include <string>

#include "controlplane/usecases/event_delivery.h"

namespace kanmon::adapters {

class DeliveryMarkFile final : public usecases::DeliveryMark {
public:
    explicit DeliveryMarkFile(std::string path) : path_(std::move(path)) {}

    /// Nothing when the file is not there; one that holds no number is an error.
    Expected<std::optional<std::uint64_t>, std::string> read() override;
    Expected<void, std::string> write(std::uint64_t number) override;

private:
    std::string path_;
};

}  // namespace kanmon::adapters
