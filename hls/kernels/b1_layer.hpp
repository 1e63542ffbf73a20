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

// A tick of the fire phase for COUNT neurons: who has reached the threshold, a bit each; then the slope is added.
template <int COUNT, int SHIFT, class Acc>
ap_uint<COUNT> fire_tick(Acc potential[COUNT]) {
    HLS(INLINE)
    static_assert(Acc::width > SHIFT + 1, "a potential holds the fire phase's slope");
    ap_uint<COUNT> reached = 0;
neurons:
    for (int i = 0; i < COUNT; ++i) {
        HLS(UNROLL)
        reached[i] = potential[i] >= 0;
        potential[i] += Acc(int64_t(1) << SHIFT);
    }
    return reached;
}

// Who fires, a bit per neuron, at each tick: neuron i once, at the first tick 0 … WINDOW - 1 with a potential
// of 0 or more; the slope is 2^SHIFT. Cycles: one per event in, then WINDOW.
template <class Cfg, class Rom>
void b1_potentials(hls::stream<typename Cfg::in_event_t>& in, hls::stream<ap_uint<Cfg::OUT_FEATURES>>& out) {
    constexpr int N = Cfg::OUT_FEATURES;
    typename Cfg::acc_t potential[N];
    HLS(ARRAY_PARTITION, variable=potential type=complete)
load:
    for (int i = 0; i < N; ++i) {
        HLS(UNROLL)
        potential[i] = Rom::start(i);
    }
    integrate<Cfg, Rom, N>(in, potential);
    ap_uint<N> fired = 0;  // a potential that has reached 0 stays there
ticks:
    for (int tick = 0; tick < Cfg::WINDOW; ++tick) {
        HLS(PIPELINE, II=1)
        const ap_uint<N> reached = fire_tick<N, Cfg::SHIFT>(potential);
        out.write(reached & ~fired);
        fired = reached;
    }
}

// The groups with a spike, a bit each.
template <class Group, class Spikes>
ap_uint<Group::COUNT> groups_of(const Spikes& spikes) {
    HLS(INLINE)
    ap_uint<Group::COUNT> found = 0;
flags:
    for (int group = 0; group < Group::COUNT; ++group) {
        HLS(UNROLL)
        found[group] = get_lane<ap_uint<Group::SIZE>>(spikes, group) != 0;
    }
    return found;
}

// The spikes of the group whose bit is set; none where no bit is.
template <class Group, class Spikes>
ap_uint<Group::SIZE> group_at(const ap_uint<Group::COUNT>& chosen, const Spikes& spikes) {
    HLS(INLINE)
    ap_uint<Group::SIZE> found = 0;
select:
    for (int group = 0; group < Group::COUNT; ++group) {
        HLS(UNROLL)
        if (chosen[group]) found |= get_lane<ap_uint<Group::SIZE>>(spikes, group);
    }
    return found;
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
        HLS(PIPELINE, II=1)
        HLS(LOOP_TRIPCOUNT, min=FEWEST max=MOST)
        ap_uint<group_t::COUNT> pending = rest;
        if (rest == 0) {
            spikes = in.read();
            pending = groups_of<group_t>(spikes);
        }
        const ap_uint<group_t::COUNT> lowest = lowest_of(pending);
        rest = pending & ~lowest;
        group_t word;
        word.spikes = group_at<group_t>(lowest, spikes);
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
        HLS(PIPELINE, II=1)
        HLS(LOOP_TRIPCOUNT, min=FEWEST max=MOST)
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
    HLS(DATAFLOW)
    static_assert(Cfg::acc_t::width <= 63, "start comes as 64-bit numbers");
    CHANNEL(fires, 2, ap_uint<Cfg::OUT_FEATURES>)
    CHANNEL(groups, 2, b1_group<Cfg>)
    b1_potentials<Cfg, Rom>(in, fires);
    b1_groups<Cfg>(fires, groups);
    b1_spikes<Cfg>(groups, out, counted);
}
