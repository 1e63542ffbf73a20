// Integrate phase of spiking layer and read-out: additions only, no multiplier.
#pragma once

#include "arith.hpp"
#include "stream.hpp"

// What an event does to COUNT neurons whose weights are in ROM row `row`: a spike adds them to the slopes, a tick adds
// the slopes to the accumulators. The row is read for every event, and left out where there is no spike.
template <class Rom, class Weight, int COUNT, class Event, class Slope, class Acc>
void integrate_event(const Event& event, int row, Slope slope[COUNT], Acc acc[COUNT]) {
    HLS(INLINE)
    static_assert(Slope::width <= Acc::width, "an accumulator holds a slope");
neurons:
    for (int i = 0; i < COUNT; ++i) {
        HLS(UNROLL)
        const auto weight = weight_of<Rom, Weight>(row, i);
        if (event.spike) slope[i] += weight;
        if (event.tick) acc[i] += slope[i];
    }
}

// Take one window of events into N accumulators: a spike of input j adds weight(j) to every slope, a tick
// adds every slope to its accumulator. So input j with earliness x_j adds x_j * weight(j).
// Cycles: one per event.
template <class Cfg, class Rom, int N>
void integrate(hls::stream<typename Cfg::in_event_t>& in, typename Cfg::acc_t acc[N]) {
    HLS(INLINE)
    constexpr int FEWEST = Cfg::WINDOW, MOST = Cfg::WINDOW + Cfg::IN_FEATURES;
    static_assert(FEWEST <= MOST, "iterations of the loop");
    typename Cfg::slope_t slope[N];
    HLS(ARRAY_PARTITION, variable=slope type=complete)
start:
    for (int i = 0; i < N; ++i) {
        HLS(UNROLL)
        slope[i] = 0;
    }
    bool last = false;
events:
    while (!last) {
        HLS(PIPELINE, II=1)
        HLS(LOOP_TRIPCOUNT, min=FEWEST max=MOST)
        const typename Cfg::in_event_t event = in.read();
        integrate_event<Rom, typename Cfg::weight_t, N>(event, event.index, slope, acc);
        last = event.last;
    }
}
