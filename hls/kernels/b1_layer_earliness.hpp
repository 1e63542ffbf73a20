// B1 spiking layer for spikes in any order, each with its earliness: W x is summed directly, no tick is waited for.
#pragma once

#include "earliness.hpp"

// Neurons that are looked at together: PE, or of many the square root, a power of two.
template <class Cfg>
struct b1_fire {
    static constexpr int SIZE = Cfg::PE < group_of(Cfg::PE) ? Cfg::PE : group_of(Cfg::PE);
    static constexpr int GROUPS = (Cfg::PE + SIZE - 1) / SIZE;  // per fold
    using group_t = earliness_group<SIZE, Cfg::OUT_INDEX_W, Cfg::TIME_W>;
};

// Sums of all neurons, then x' of those that fire, group by group; the last group always.
// Cycles: one per step of sum_spikes, then OUT_FEATURES / PE * GROUPS.
template <class Cfg, class Rom>
void b1_sums(hls::stream<typename Cfg::in_event_t>& in, hls::stream<typename b1_fire<Cfg>::group_t>& out) {
    using fire = b1_fire<Cfg>;
    using x_t = ap_uint<Cfg::TIME_W>;
    constexpr int FOLDS = Cfg::OUT_FEATURES / Cfg::PE;
    typename Cfg::acc_t sums[FOLDS][Cfg::PE];
    HLS(ARRAY_PARTITION, variable=sums type=complete dim=2)
    sum_spikes<Cfg, Rom, Cfg::OUT_FEATURES>(in, sums);
folds:
    for (int fold = 0; fold < FOLDS; ++fold) {
    groups:
        for (int group = 0; group < fire::GROUPS; ++group) {
            HLS(PIPELINE, II=1)
            const bool last = fold == FOLDS - 1 && group == fire::GROUPS - 1;
            typename fire::group_t word;
            word.x = 0;
            word.sent = 0;
        neurons:
            for (int i = 0; i < Cfg::PE; ++i) {
                HLS(UNROLL)
                if (i / fire::SIZE == group) {
                    const x_t x = floor_clamp<x_t, false, Cfg::SHIFT>(sums[fold][i]);
                    set_lane(word.x, i % fire::SIZE, x);
                    word.sent[i % fire::SIZE] = x != 0 || (last && i == Cfg::PE - 1);
                }
            }
            word.first = fold * Cfg::PE + group * fire::SIZE;
            word.last = last;
            if (word.sent != 0) out.write(word);
        }
    }
}

// x' = clamp((W x + b) >> SHIFT, 0, 2^TIME_W - 1): an event for each neuron that fires, in order, and for the last.
//
// Rom::start: the biases. Rom::weight: see sum_spikes. counted: how many neurons fired in this sample.
template <class Cfg, class Rom>
void b1_layer_earliness(hls::stream<typename Cfg::in_event_t>& in, hls::stream<typename Cfg::out_event_t>& out,
                        hls::stream<count_t<Cfg::OUT_FEATURES>>& counted) {
    HLS(DATAFLOW)
    static_assert(Cfg::OUT_FEATURES % Cfg::PE == 0, "neurons are a multiple of those at once");
    static_assert(Cfg::acc_t::width <= 63, "start comes as 64-bit numbers");
    CHANNEL(groups, 2, typename b1_fire<Cfg>::group_t)
    b1_sums<Cfg, Rom>(in, groups);
    send_spikes<Cfg::OUT_FEATURES>(groups, out, counted);
}
