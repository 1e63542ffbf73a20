// The lowest set bit of a word, and groups of bits that it is looked for in: no carry runs through them.
#pragma once

#include <ap_int.h>

#include "pragmas.hpp"

// Bits per group: the square root of how many there are, a power of two, at least 8.
constexpr int group_of(int bits, int size = 8) {
    return size * size >= bits ? size : group_of(bits, 2 * size);
}

// The lowest set bit alone, every bit looks at those below it; zero where none is set.
template <int N>
ap_uint<N> lowest_of(const ap_uint<N>& bits) {
    HLS(INLINE)
    ap_uint<N> found = 0;
bits:
    for (int i = 0; i < N; ++i) {
        HLS(UNROLL)
        const ap_uint<N> below = (ap_uint<N>(1) << i) - 1;
        found[i] = bits[i] && (bits & below) == 0;
    }
    return found;
}

// Position of the only set bit; zero where none is set.
template <int INDEX_BITS, int N>
ap_uint<INDEX_BITS> position_of(const ap_uint<N>& one) {
    HLS(INLINE)
    ap_uint<INDEX_BITS> position = 0;
positions:
    for (int i = 0; i < N; ++i) {
        HLS(UNROLL)
        if (one[i]) position |= ap_uint<INDEX_BITS>(i);
    }
    return position;
}
