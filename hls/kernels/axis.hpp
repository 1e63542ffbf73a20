// One beat at the chip's AXI4-Streams: 32 bits and TLAST.
//
// Vitis HLS has a type for it. Bambu's AXI4-Stream has TDATA alone (its Read_axisModuleGenerator.cpp): TLAST is its top bit.
#pragma once

#include "stream.hpp"

#ifdef FOR_BAMBU
using axis_t = ap_uint<33>;

inline word_t data_of(const axis_t& beat) {
    return word_t(beat);
}

inline bool is_last(const axis_t& beat) {
    return beat[32];
}

inline axis_t output_beat(const word_t& data, bool last) {
    axis_t beat = data;
    beat[32] = last;
    return beat;
}
#else
#include <ap_axi_sdata.h>

using axis_t = ap_axiu<32, 0, 0, 0>;

inline word_t data_of(const axis_t& beat) {
    HLS(INLINE)
    return beat.data;
}

inline bool is_last(const axis_t& beat) {
    HLS(INLINE)
    return beat.last;
}

// Every byte is meant.
inline axis_t output_beat(const word_t& data, bool last) {
    HLS(INLINE)
    axis_t beat;
    beat.data = data;
    beat.keep = -1;
    beat.strb = -1;
    beat.last = last;
    return beat;
}
#endif
