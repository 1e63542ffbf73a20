// Feature to earliness, for both encoders.
#pragma once

#include "arith.hpp"

template <class Cfg>
using tick_t = ap_uint<Cfg::TIME_W>;

// Ticks of earliness: x = clamp((feature - V_MIN) >> SHIFT, 0, WINDOW). The scale is a power of two.
template <class Cfg>
tick_t<Cfg> earliness(const typename Cfg::in_t& feature) {
    HLS(INLINE)
    const ap_int<Cfg::in_t::width + 1> above = feature - Cfg::V_MIN;
    return floor_clamp<tick_t<Cfg>, false, Cfg::SHIFT>(above);
}
