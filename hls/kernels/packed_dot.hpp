// Dot products of the same values with several rows of weights, as many of them in a DSP slice as fit.
//
// The equation is that of rtl/units/packed_dot.sv: a slice multiplies x by w[0] + w[1] 2^F + ..., so that field o of
// its product is x w[o], less 1 if what is below it is negative. Summed over the lanes from 2^(F-1) - 1 in each field,
// no field is negative or reaches the next; a field is then its sum - 1, with the sign turned over.
#pragma once

#include <ap_int.h>

#include "pragmas.hpp"

constexpr int WIDER_FACTOR = 25, OTHER_FACTOR = 18;  // bits of what a DSP48E1 multiplies

// Bits of a number less than `count`.
constexpr int log2_up(int count, int bits = 0) {
    return (1 << bits) >= count ? bits : log2_up(count, bits + 1);
}

// NARROW: no weight is the smallest of its type. One bit of a word is for that one, with a negative weight below it.
template <class X, class Weight, int LANES, bool NARROW>
struct packing {
    static constexpr int F = X::width + Weight::width - 1 + log2_up(LANES);  // bits of a field
    static constexpr int COUNT = 1 + (WIDER_FACTOR - Weight::width - (NARROW ? 0 : 1)) / F;
    using word_t = ap_int<(COUNT - 1) * F + Weight::width + (NARROW || COUNT == 1 ? 0 : 1)>;
    using sum_t = ap_uint<COUNT * F>;  // all fields of a slice; what passes the top one is none of its value
};

// dots[o] = sum over l of x[l] * weight[o][l], exact.
template <int OUTPUTS, int LANES, bool NARROW, class X, class Weight, class Acc>
void packed_dot(const X x[LANES], const Weight weight[OUTPUTS][LANES], Acc dots[OUTPUTS]) {
    HLS(INLINE)
    using pack = packing<X, Weight, LANES, NARROW>;
slices:
    for (int first = 0; first < OUTPUTS; first += pack::COUNT) {
        HLS(UNROLL)
        typename pack::sum_t sum = 0;
    starts:
        for (int i = 0; i < pack::COUNT; ++i) {
            HLS(UNROLL)
            sum.range((i + 1) * pack::F - 1, i * pack::F) = (int64_t(1) << (pack::F - 1)) - 1;
        }
    lanes:
        for (int lane = 0; lane < LANES; ++lane) {
            HLS(UNROLL)
            typename pack::word_t word = 0;
        weights:
            for (int i = 0; i < pack::COUNT; ++i) {
                HLS(UNROLL)
                if (first + i < OUTPUTS) word += typename pack::word_t(weight[first + i][lane]) << (i * pack::F);
            }
            const auto product = word * x[lane];
            HLS(BIND_OP, variable=product op=mul impl=dsp)
            sum += typename pack::sum_t(product);
        }
    fields:
        for (int i = 0; i < pack::COUNT; ++i) {
            HLS(UNROLL)
            if (first + i < OUTPUTS) {
                ap_uint<pack::F> field = sum.range((i + 1) * pack::F - 1, i * pack::F);
                field[pack::F - 1] = !field[pack::F - 1];
                dots[first + i] = ap_int<pack::F>(field) + 1;
            }
        }
    }
}
