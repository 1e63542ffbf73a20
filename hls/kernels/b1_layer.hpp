// B1 spiking layer, event by event: additions only, no multiplier.
#pragma once

#include "integrate.hpp"
#include "stream.hpp"

// Fire phase. The slope is 2^SHIFT; neuron i fires once, at the first tick 0 … WINDOW - 1 with a potential
// of 0 or more, lowest index first inside a tick. Cycles: max(1, spikes) per tick.
template <class Cfg>
void b1_fire(typename Cfg::acc_t potential[Cfg::OUT_FEATURES], hls::stream<typename Cfg::out_event_t>& out,
             word_t& spikes) {
#pragma HLS INLINE
    constexpr int N = Cfg::OUT_FEATURES;
    ap_uint<N> pending = 0;  // crossed the threshold at this tick, not sent yet
    ap_uint<N> fired = 0;
    word_t count = 0;
    int tick = 0;
crossed:
    for (int i = 0; i < N; ++i) {
#pragma HLS UNROLL
        pending[i] = potential[i] >= 0;
    }
fire:
    while (tick < Cfg::WINDOW) {
#pragma HLS PIPELINE II=1
#pragma HLS LOOP_TRIPCOUNT min=Cfg::WINDOW max=Cfg::WINDOW+N
        typename Cfg::out_event_t event;
        event.index = 0;
        event.spike = pending != 0;
    lowest:
        for (int i = N - 1; i >= 0; --i) {
#pragma HLS UNROLL
            if (pending[i]) event.index = i;
        }
        pending[event.index] = 0;
        fired[event.index] = fired[event.index] || event.spike;
        event.tick = pending == 0;
        event.last = event.tick && tick == Cfg::WINDOW - 1;
        out.write(event);
        if (event.spike) ++count;
        if (event.tick) {
            ++tick;
        advance:
            for (int i = 0; i < N; ++i) {
#pragma HLS UNROLL
                potential[i] += typename Cfg::acc_t(int64_t(1) << Cfg::SHIFT);
                pending[i] = potential[i] >= 0 && !fired[i];
            }
        }
    }
    spikes = count;
}

// x' = clamp((W x + b) >> SHIFT, 0, WINDOW) ticks of earliness, theta = WINDOW * 2^SHIFT - b, as one window
// of events in and the next window of events out.
//
// start: -theta, the potentials before the first event. weight[j]: the OUT_FEATURES weights of input j. slope_t and acc_t hold every
// partial sum (no wrap). spikes: how many neurons fired in this sample.
template <class Cfg>
void b1_layer(hls::stream<typename Cfg::in_event_t>& in, hls::stream<typename Cfg::out_event_t>& out,
              const rom_word_t weight[Cfg::IN_FEATURES][Cfg::ROM_WORDS],
              const int64_t start[Cfg::OUT_FEATURES], word_t& spikes) {
    static_assert(Cfg::acc_t::width > Cfg::SHIFT + 1, "a potential holds the fire phase's slope");
    static_assert(Cfg::acc_t::width <= 63, "start comes as 64-bit numbers");
#pragma HLS ARRAY_RESHAPE variable=weight dim=2 type=complete
#pragma HLS BIND_STORAGE variable=weight type=rom_1p impl=bram
#pragma HLS ARRAY_PARTITION variable=start type=complete
    typename Cfg::acc_t potential[Cfg::OUT_FEATURES];
#pragma HLS ARRAY_PARTITION variable=potential type=complete
load:
    for (int i = 0; i < Cfg::OUT_FEATURES; ++i) {
#pragma HLS UNROLL
        potential[i] = start[i];
    }
    integrate<Cfg, Cfg::OUT_FEATURES>(in, potential, weight);
    b1_fire<Cfg>(potential, out, spikes);
}
