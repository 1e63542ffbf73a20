// AXI4-Stream beat for C simulation with g++; Vitis HLS brings its own header of this name.
#pragma once

#include <ap_int.h>

template <int DATA_BITS, int USER_BITS, int ID_BITS, int DEST_BITS>
struct ap_axiu {
    static_assert(USER_BITS == 0 && ID_BITS == 0 && DEST_BITS == 0, "no TUSER, TID or TDEST in this design");
    ap_uint<DATA_BITS> data;
    ap_uint<DATA_BITS / 8> keep;
    ap_uint<DATA_BITS / 8> strb;
    ap_uint<1> last;
};
