// The one arithmetic rule, products and their sums, sizes of counters, and the layout of weights in ROM words.
#pragma once

#include <ap_int.h>

#include <cstdint>

#include "pragmas.hpp"

// y = clamp(acc >> SHIFT, min(Out), max(Out)): arithmetic shift, so floor; Out signed or unsigned.
template <class Out, bool OUT_SIGNED, int SHIFT, class Acc>
Out floor_clamp(const Acc& acc) {
    HLS(INLINE)
    // Past the accumulator's width a floor shift only repeats the sign.
    constexpr int SHIFT_USED = SHIFT < Acc::width ? SHIFT : Acc::width - 1;
    constexpr int64_t HIGH = (int64_t(1) << (Out::width - (OUT_SIGNED ? 1 : 0))) - 1;
    constexpr int64_t LOW = OUT_SIGNED ? -HIGH - 1 : 0;
    const Acc shifted = acc >> SHIFT_USED;
    if (shifted < LOW) return Out(LOW);
    if (shifted > HIGH) return Out(HIGH);
    return Out(shifted);
}

// Bits of the narrowest unsigned word that holds 0 … largest.
constexpr int bits_for(int64_t largest) {
    return largest < 2 ? 1 : 1 + bits_for(largest / 2);
}

// A counter that never passes LARGEST. Loops of constant length count in int, which HLS narrows by itself.
template <int64_t LARGEST>
using count_t = ap_uint<bits_for(LARGEST)>;

// weight * value, in a DSP slice or in LUTs. HLS takes the choice as a word, not as a number: one function each.
template <bool USE_DSP>
struct multiplier;

template <>
struct multiplier<true> {
    template <class Product, class Weight, class Value>
    static Product times(const Weight& weight, const Value& value) {
        HLS(INLINE)
        const auto product = weight * value;
        HLS(BIND_OP, variable=product op=mul impl=dsp)
        return Product(product);
    }
};

template <>
struct multiplier<false> {
    template <class Product, class Weight, class Value>
    static Product times(const Weight& weight, const Value& value) {
        HLS(INLINE)
        const auto product = weight * value;
        HLS(BIND_OP, variable=product op=mul impl=fabric)
        return Product(product);
    }
};

// sum over l of x[l] * weight[l], with multipliers of one kind.
template <bool USE_DSP, int COUNT, class Acc, class X, class Weight>
Acc dot(const X x[COUNT], const Weight weight[COUNT]) {
    HLS(INLINE)
    Acc sum = 0;
products:
    for (int i = 0; i < COUNT; ++i) {
        HLS(UNROLL)
        sum += multiplier<USE_DSP>::template times<Acc>(weight[i], x[i]);
    }
    return sum;
}

// A ROM row is a few native 64-bit words, each with 64 / width weights from its least significant bits up.
// Arrays of ap_int would say the same, but g++ runs their constructors one by one at start-up and takes
// minutes to compile them; unused top bits are constant and cost no memory.
//
// A unit's Rom (see weights.hpp) has its words as weight(row, word), and what accumulators hold before a
// sample's first value as start(i). The tables are local to these functions: there their memory is bound.
using rom_word_t = uint64_t;

template <class Weight>
constexpr int weights_per_word() {
    return 64 / Weight::width;
}

// Weight i of a row, from word i / weights_per_word of that row.
template <class Rom, class Weight>
Weight weight_of(int row, int i) {
    HLS(INLINE)
    const rom_word_t word = Rom::weight(row, i / weights_per_word<Weight>());
    return Weight(word >> (i % weights_per_word<Weight>() * Weight::width));
}
