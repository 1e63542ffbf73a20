// B1 spiking layer, tick by tick: additions only, no multiplier.
//
// Three processes, so that each loop carries little from one cycle to the next:
//
//   events -> [potentials] -> who fires, per tick -> [groups] -> groups with spikes -> [spikes] -> events
#pragma once

#include "bits.hpp"
#include "integrate.hpp"
#include "stream.hpp"

// The spikes of one group at one tick; `tick` with the tick's last group, `last` with the window's.
template <class Cfg>
struct b1_group {
    static constexpr int SIZE = group_of(Cfg::OUT_FEATURES);
    static constexpr int COUNT = (Cfg::OUT_FEATURES + SIZE - 1) / SIZE;
    ap_uint<SIZE> spikes;
    count_t<COUNT> group;
    ap_uint<1> tick;
    ap_uint<1> last;
};

// Who fires, a bit per neuron, at each tick: neuron i once, at the first tick 0 … WINDOW - 1 with a potential
// of 0 or more; the slope is 2^SHIFT. Cycles: one per event in, then WINDOW.
template <class Cfg, class Rom>
void b1_potentials(hls::stream<typename Cfg::in_event_t>& in, hls::stream<ap_uint<Cfg::OUT_FEATURES>>& out) {
    constexpr int N = Cfg::OUT_FEATURES;
    typename Cfg::acc_t potential[N];
#pragma HLS ARRAY_PARTITION variable=potential type=complete
load:
    for (int i = 0; i < N; ++i) {
#pragma HLS UNROLL
        potential[i] = Rom::start(i);
    }
    integrate<Cfg, Rom, N>(in, potential);
    ap_uint<N> fired = 0;  // a potential that has reached 0 stays there
ticks:
    for (int tick = 0; tick < Cfg::WINDOW; ++tick) {
#pragma HLS PIPELINE II=1
        ap_uint<N> reached = 0;
    neurons:
        for (int i = 0; i < N; ++i) {
#pragma HLS UNROLL
            reached[i] = potential[i] >= 0;
            potential[i] += typename Cfg::acc_t(int64_t(1) << Cfg::SHIFT);
        }
        out.write(reached & ~fired);
        fired = reached;
    }
}

// Of each tick the groups in which a neuron fires, lowest first; group 0 where none does.
// Cycles: max(1, such groups) per tick.
template <class Cfg>
void b1_groups(hls::stream<ap_uint<Cfg::OUT_FEATURES>>& in, hls::stream<b1_group<Cfg>>& out) {
    using group_t = b1_group<Cfg>;
    constexpr int FEWEST = Cfg::WINDOW, MOST = Cfg::WINDOW + Cfg::OUT_FEATURES;
    static_assert(FEWEST <= MOST, "iterations of the loop");
    ap_uint<group_t::COUNT * group_t::SIZE> spikes = 0;
    ap_uint<group_t::COUNT> rest = 0;  // groups of this tick that are not sent yet
    count_t<Cfg::WINDOW> tick = 0;
groups:
    while (tick < Cfg::WINDOW) {
#pragma HLS PIPELINE II=1
#pragma HLS LOOP_TRIPCOUNT min=FEWEST max=MOST
        ap_uint<group_t::COUNT> pending = rest;
        if (rest == 0) {
            spikes = in.read();
        flags:
            for (int group = 0; group < group_t::COUNT; ++group) {
#pragma HLS UNROLL
                pending[group] = get_lane<ap_uint<group_t::SIZE>>(spikes, group) != 0;
            }
        }
        const ap_uint<group_t::COUNT> lowest = lowest_of(pending);
        rest = pending & ~lowest;
        group_t word;
        word.spikes = 0;
    select:
        for (int group = 0; group < group_t::COUNT; ++group) {
#pragma HLS UNROLL
            if (lowest[group]) word.spikes |= get_lane<ap_uint<group_t::SIZE>>(spikes, group);
        }
        word.group = position_of<bits_for(group_t::COUNT)>(lowest);
        word.tick = rest == 0;
        word.last = rest == 0 && tick == Cfg::WINDOW - 1;
        out.write(word);
        if (rest == 0) ++tick;
    }
}

// One event per spike, lowest index first; one for a tick without spikes. Cycles: max(1, spikes) per tick.
template <class Cfg>
void b1_spikes(hls::stream<b1_group<Cfg>>& in, hls::stream<typename Cfg::out_event_t>& out,
               hls::stream<count_t<Cfg::OUT_FEATURES>>& counted) {
    using group_t = b1_group<Cfg>;
    constexpr int FEWEST = Cfg::WINDOW, MOST = Cfg::WINDOW + Cfg::OUT_FEATURES;
    static_assert(FEWEST <= MOST, "iterations of the loop");
    group_t word;
    ap_uint<group_t::SIZE> rest = 0;  // of this group, not sent yet
    count_t<Cfg::OUT_FEATURES> count = 0;
    bool last = false;
spikes:
    while (!last) {
#pragma HLS PIPELINE II=1
#pragma HLS LOOP_TRIPCOUNT min=FEWEST max=MOST
        ap_uint<group_t::SIZE> pending = rest;
        if (rest == 0) {
            word = in.read();
            pending = word.spikes;
        }
        const ap_uint<group_t::SIZE> lowest = lowest_of(pending);
        rest = pending & ~lowest;
        last = word.last && rest == 0;
        typename Cfg::out_event_t event;
        event.index = word.group * group_t::SIZE + position_of<bits_for(group_t::SIZE)>(lowest);
        event.spike = pending != 0;
        event.tick = word.tick && rest == 0;
        event.last = last;
        out.write(event);
        count += event.spike;
    }
    counted.write(count);
}

// x' = clamp((W x + b) >> SHIFT, 0, WINDOW) ticks of earliness, theta = WINDOW * 2^SHIFT - b, as one window
// of events in and the next window of events out.
//
// Rom::start: -theta, the potentials before the first event. Rom::weight(j): the OUT_FEATURES weights of input j.
// slope_t and acc_t hold every partial sum (no wrap). counted: how many neurons fired in this sample.
template <class Cfg, class Rom>
void b1_layer(hls::stream<typename Cfg::in_event_t>& in, hls::stream<typename Cfg::out_event_t>& out,
              hls::stream<count_t<Cfg::OUT_FEATURES>>& counted) {
#pragma HLS DATAFLOW
    static_assert(Cfg::acc_t::width > Cfg::SHIFT + 1, "a potential holds the fire phase's slope");
    static_assert(Cfg::acc_t::width <= 63, "start comes as 64-bit numbers");
    hls::stream<ap_uint<Cfg::OUT_FEATURES>> fires("fires");
#pragma HLS STREAM variable=fires type=fifo depth=2
    hls::stream<b1_group<Cfg>> groups("groups");
#pragma HLS STREAM variable=groups type=fifo depth=2
    b1_potentials<Cfg, Rom>(in, fires);
    b1_groups<Cfg>(fires, groups);
    b1_spikes<Cfg>(groups, out, counted);
}
