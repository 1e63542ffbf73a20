// TTFS encoder: features to spikes in time order, by a bucket list instead of a sorting network.
#pragma once

#include "arith.hpp"
#include "stream.hpp"

template <class Cfg>
using tick_t = ap_uint<Cfg::TIME_W>;

// Tick of earliness: x = clamp((feature - V_MIN) >> SHIFT, 0, WINDOW). The scale is a power of two.
template <class Cfg>
tick_t<Cfg> earliness(const typename Cfg::in_t& feature) {
#pragma HLS INLINE
    const ap_int<Cfg::in_t::width + 1> above = feature - Cfg::V_MIN;
    return floor_clamp<tick_t<Cfg>, false, Cfg::SHIFT>(above);
}

// The bucket list: the features of tick t start at head[t]; feature j is followed by next[j] if linked[j].
// Only what `occupied` marks is valid, so nothing else needs clearing. Entry WINDOW, silence, stays empty.
template <class Cfg>
using head_t = ap_uint<Cfg::INDEX_W>[Cfg::WINDOW + 1];
template <class Cfg>
using next_t = ap_uint<Cfg::INDEX_W>[Cfg::FEATURES];
template <class Cfg>
using linked_t = ap_uint<1>[Cfg::FEATURES];
template <class Cfg>
using occupied_t = ap_uint<Cfg::WINDOW + 1>;

// Put every feature in front of its tick's list. Returns how many spike. Cycles: FEATURES.
template <class Cfg>
word_t encoder_fill(hls::stream<typename Cfg::in_beat_t>& in, head_t<Cfg>& head, next_t<Cfg>& next,
                    linked_t<Cfg>& linked, occupied_t<Cfg>& occupied) {
#pragma HLS INLINE
    // Reads of head[] that follow a write by one feature are served by `newest`.
#pragma HLS DEPENDENCE variable=head type=inter direction=RAW distance=2 true
    occupied = 0;
    word_t count = 0;
    int newest_tick = Cfg::WINDOW;
    ap_uint<Cfg::INDEX_W> newest = 0;
fill:
    for (int j = 0; j < Cfg::FEATURES; ++j) {
#pragma HLS PIPELINE II=1
        const tick_t<Cfg> x = earliness<Cfg>(in.read());
        if (x == 0) continue;
        const int tick = Cfg::WINDOW - int(x);
        const bool used = occupied[tick];
        linked[j] = used;
        if (used) next[j] = tick == newest_tick ? newest : head[tick];
        head[tick] = j;
        occupied[tick] = 1;
        newest_tick = tick;
        newest = j;
        ++count;
    }
    return count;
}

// One event per cycle, WINDOW ticks. Cycles: max(1, spikes) per tick.
template <class Cfg>
void encoder_drain(const head_t<Cfg>& head, const next_t<Cfg>& next, const linked_t<Cfg>& linked,
                   const occupied_t<Cfg>& occupied, hls::stream<typename Cfg::out_event_t>& out) {
#pragma HLS INLINE
    int tick = 0;
    bool spike = occupied[0];
    ap_uint<Cfg::INDEX_W> index = 0;
    if (spike) index = head[0];
drain:
    while (tick < Cfg::WINDOW) {
#pragma HLS PIPELINE II=1
#pragma HLS LOOP_TRIPCOUNT min=Cfg::WINDOW max=Cfg::WINDOW+Cfg::FEATURES
        const bool more = spike && linked[index];
        typename Cfg::out_event_t event;
        event.index = index;
        event.spike = spike;
        event.tick = !more;
        event.last = !more && tick == Cfg::WINDOW - 1;
        out.write(event);
        // The next tick's head is read beside the list, so that following either takes one read.
        const bool ahead = occupied[tick + 1];
        ap_uint<Cfg::INDEX_W> first = 0;
        if (ahead) first = head[tick + 1];
        if (more) {
            index = next[index];
        } else {
            spike = ahead;
            index = first;
            ++tick;
        }
    }
}

// Features, one per beat, -> events of one window. Feature j spikes at tick WINDOW - x_j; x_j = 0 is silence.
// Inside a tick the last feature that came leaves first. spikes: how many features spiked in this sample.
template <class Cfg>
void encoder(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<typename Cfg::out_event_t>& out, word_t& spikes) {
    static_assert(Cfg::WINDOW == (1 << Cfg::TIME_W) - 1, "a window is all values of tick_t but one");
    static_assert(Cfg::FEATURES <= (1 << Cfg::INDEX_W), "every feature has an index");
    head_t<Cfg> head;
    next_t<Cfg> next;
    linked_t<Cfg> linked;
    occupied_t<Cfg> occupied;
#pragma HLS BIND_STORAGE variable=head type=ram_s2p impl=lutram
#pragma HLS BIND_STORAGE variable=next type=ram_s2p impl=bram latency=1
#pragma HLS BIND_STORAGE variable=linked type=ram_s2p impl=lutram
    const word_t count = encoder_fill<Cfg>(in, head, next, linked, occupied);
    encoder_drain<Cfg>(head, next, linked, occupied, out);
    spikes = count;
}
