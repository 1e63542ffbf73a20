// What encoder, B1 layer and read-out of the cores shift and dsp share: groups of neurons to spikes, and the sum W x
// of spikes in any order.
#pragma once

#include "arith.hpp"
#include "bits.hpp"
#include "stream.hpp"

// The earliness of SIZE neurons, `first` and those behind it; `sent` marks those that send an event.
template <int SIZE, int INDEX_BITS, int TIME_BITS>
struct earliness_group {
    ap_uint<SIZE * TIME_BITS> x;
    ap_uint<SIZE> sent;
    ap_uint<INDEX_BITS> first;
    ap_uint<1> last;  // the sample's last group; its last neuron is sent
};

// One event per neuron that is sent, in order. counted: how many of NEURONS spiked. Cycles: one per event.
template <int NEURONS, int SIZE, int INDEX_BITS, int TIME_BITS>
void send_spikes(hls::stream<earliness_group<SIZE, INDEX_BITS, TIME_BITS>>& in,
                 hls::stream<earliness_event<INDEX_BITS, TIME_BITS>>& out, hls::stream<count_t<NEURONS>>& counted) {
    earliness_group<SIZE, INDEX_BITS, TIME_BITS> group;
    ap_uint<SIZE> rest = 0;  // of this group, not sent yet
    count_t<NEURONS> count = 0;
    bool last = false;
spikes:
    while (!last) {
        HLS(PIPELINE, II=1)
        HLS(LOOP_TRIPCOUNT, min=1 max=NEURONS)
        ap_uint<SIZE> pending = rest;
        if (rest == 0) {
            group = in.read();
            pending = group.sent;
        }
        const ap_uint<SIZE> lowest = lowest_of(pending);
        rest = pending & ~lowest;
        last = group.last && rest == 0;
        earliness_event<INDEX_BITS, TIME_BITS> event;
        event.x = 0;
    select:
        for (int i = 0; i < SIZE; ++i) {
            HLS(UNROLL)
            if (lowest[i]) event.x |= get_lane<ap_uint<TIME_BITS>>(group.x, i);
        }
        event.index = group.first + position_of<INDEX_BITS>(lowest);
        event.last = last;
        out.write(event);
        if (event.x != 0) ++count;
    }
    counted.write(count);
}

// What one step of a spike adds to a neuron: row * x; without a MULTIPLIER the part of one digit of x, 3 for -1, 4 for 0
// with a carry. weight: row * 4^step, kept from step to step.
template <bool MULTIPLIER, class Acc, class Weight, class X>
Acc spike_term(const Weight& row, const X& x, const ap_uint<3>& digit, bool begins, Acc& weight) {
    HLS(INLINE)
    if (MULTIPLIER) return multiplier<true>::template times<Acc>(row, x);
    weight = begins ? Acc(row) : Acc(weight << 2);
    const Acc term = digit == 2 ? Acc(weight << 1) : digit == 0 || digit == 4 ? Acc(0) : weight;
    return digit == 3 ? Acc(-term) : term;
}

// sums[fold][i] = bias + W x of neuron fold * PE + i, from one sample's events.
//
// A spike takes FOLDS = N / PE passes. With a MULTIPLIER a pass is one step: weight * x. Without one it is a step per
// digit of x, lowest first: x = sum of digit * 4^step, digit in -1 … 2, so that at most twice the weight is added
// while the weight grows fourfold; a pass ends with the highest digit. Rom::weight(index * FOLDS + fold): PE weights.
// acc_t holds every partial sum. Cycles: one per step.
template <class Cfg, class Rom, int N>
void sum_spikes(hls::stream<typename Cfg::in_event_t>& in, typename Cfg::acc_t sums[N / Cfg::PE][Cfg::PE]) {
    HLS(INLINE)
    using acc_t = typename Cfg::acc_t;
    constexpr int FOLDS = N / Cfg::PE;
    constexpr int STEPS = Cfg::MULTIPLIER ? 1 : Cfg::TIME_W / 2 + 1;  // at most, of a pass
    constexpr int FEWEST = FOLDS, MOST = FOLDS * STEPS * Cfg::IN_FEATURES;
    static_assert(FEWEST <= MOST, "iterations of the loop");
    HLS(DEPENDENCE, variable=sums type=inter direction=RAW distance=FOLDS true)
    acc_t part[Cfg::PE];    // of this pass
    acc_t weight[Cfg::PE];  // times 4^step
    HLS(ARRAY_PARTITION, variable=part type=complete)
    HLS(ARRAY_PARTITION, variable=weight type=complete)
    typename Cfg::in_event_t event;
    ap_uint<Cfg::TIME_W> rest = 0;  // of x, digits to come
    bool carry = false;             // of the digit before
    count_t<FOLDS> fold = 0;
    bool begins = true, opens = true, done = false;  // of a pass, of the sample; of the sample
steps:
    while (!done) {
        HLS(PIPELINE, II=1)
        HLS(LOOP_TRIPCOUNT, min=FEWEST max=MOST)
        if (begins && fold == 0) event = in.read();
        if (begins) rest = event.x;
        const ap_uint<3> low = ap_uint<2>(rest) + ap_uint<1>(begins ? false : carry);
        rest >>= 2;
        carry = low >= 3;
        const bool ends = Cfg::MULTIPLIER || (rest == 0 && !carry);
    neurons:
        for (int i = 0; i < Cfg::PE; ++i) {
            HLS(UNROLL)
            const auto row = weight_of<Rom, typename Cfg::weight_t>(event.index * FOLDS + fold, i);
            const acc_t term = spike_term<Cfg::MULTIPLIER>(row, event.x, low, begins, weight[i]);
            const acc_t kept = FOLDS == 1 || begins ? sums[fold][i] : part[i];
            const acc_t bias = Rom::start(fold * Cfg::PE + i);
            part[i] = (opens && begins ? bias : kept) + term;
            if (FOLDS == 1 || ends) sums[fold][i] = part[i];
        }
        begins = ends;
        if (ends) {
            const bool whole = fold == FOLDS - 1;
            done = whole && event.last;
            if (whole) opens = false;
            fold = whole ? 0 : int(fold) + 1;
        }
    }
}
