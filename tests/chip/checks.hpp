// The checks that main.cpp offers by name.
#pragma once

#include "bench.hpp"

namespace chip {

std::vector<Words> times_alone(Bench& bench);

void check_resets(Bench& bench);
void check_registers(Bench& bench);
void check_random(Bench& bench);
void check_soak(Bench& bench);

}  // namespace chip
