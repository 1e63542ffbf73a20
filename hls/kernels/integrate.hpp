// Integrate phase of spiking layer and read-out: additions only, no multiplier.
#pragma once

#include "arith.hpp"
#include "stream.hpp"

// Take one window of events into N accumulators: a spike of input j adds weight(j) to every slope, a tick
// adds every slope to its accumulator. So input j with earliness x_j adds x_j * weight(j).
// Cycles: one per event.
template <class Cfg, class Rom, int N>
void integrate(hls::stream<typename Cfg::in_event_t>& in, typename Cfg::acc_t acc[N]) {
#pragma HLS INLINE
    static_assert(Cfg::slope_t::width <= Cfg::acc_t::width, "an accumulator holds a slope");
    constexpr int FEWEST = Cfg::WINDOW, MOST = Cfg::WINDOW + Cfg::IN_FEATURES;
    static_assert(FEWEST <= MOST, "iterations of the loop");
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
#pragma HLS LOOP_TRIPCOUNT min=FEWEST max=MOST
        const typename Cfg::in_event_t event = in.read();
    accumulators:
        for (int i = 0; i < N; ++i) {
#pragma HLS UNROLL
            // The row is read for every event, and left out where there is no spike.
            const auto weight = weight_of<Rom, typename Cfg::weight_t>(event.index, i);
            if (event.spike) slope[i] += weight;
            if (event.tick) acc[i] += slope[i];
        }
        last = event.last;
    }
}
