// Integrate phase of spiking layer and read-out: additions only, no multiplier.
#pragma once

#include "arith.hpp"
#include "stream.hpp"

// Take one window of events into N accumulators: a spike of input j adds weight[j] to every slope, a tick
// adds every slope to its accumulator. So input j with earliness x_j adds x_j * weight[j].
// Cycles: one per event.
template <class Cfg, int N>
void integrate(hls::stream<typename Cfg::in_event_t>& in, typename Cfg::acc_t acc[N],
               const rom_word_t weight[Cfg::IN_FEATURES][Cfg::ROM_WORDS]) {
#pragma HLS INLINE
    using weight_t = typename Cfg::weight_t;
    static_assert(Cfg::ROM_WORDS == rom_words<weight_t>(N), "ROM row of an input");
    static_assert(Cfg::slope_t::width <= Cfg::acc_t::width, "an accumulator holds a slope");
    typename Cfg::slope_t slope[N];
#pragma HLS ARRAY_PARTITION variable=slope type=complete
start:
    for (int i = 0; i < N; ++i) {
#pragma HLS UNROLL
        slope[i] = 0;
    }
    bool last = false;
events:
    while (!last) {
#pragma HLS PIPELINE II=1
#pragma HLS LOOP_TRIPCOUNT min=Cfg::WINDOW max=Cfg::WINDOW+Cfg::IN_FEATURES
        const typename Cfg::in_event_t event = in.read();
    accumulators:
        for (int i = 0; i < N; ++i) {
#pragma HLS UNROLL
            const weight_t w = weight_in<weight_t>(weight[event.index][i / weights_per_word<weight_t>()], i);
            if (event.spike) slope[i] += w;
            if (event.tick) acc[i] += slope[i];
        }
        last = event.last;
    }
}
