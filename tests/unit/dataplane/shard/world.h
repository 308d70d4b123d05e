// The gateway in one value, for tests.
#pragma once

#include <gtest/gtest.h>

#include "gateway_world.h"
