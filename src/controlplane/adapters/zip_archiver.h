// Flat zip archives in memory, by libarchive.
#pragma once

#include <memory>

#include "controlplane/usecases/ports.h"

namespace kanmon::adapters {

std::unique_ptr<usecases::Archiver> make_zip_archiver();

}  // namespace kanmon::adapters
