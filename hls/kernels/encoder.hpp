// TTFS encoder: features to spikes in time order, by a bucket list instead of a sorting network.
//
// Two processes with ping-pong buffers between: one sample's lists fill while those of the sample before drain.
#pragma once

#include "encode.hpp"
#include "stream.hpp"

// The bucket list: the features of tick t start at head[t] if occupied[t]; entry j says which one follows feature
// j, and in its top bit whether one does. Bit WINDOW of occupied, silence, stays 0. Nothing needs clearing.
template <class Cfg>
using index_t = ap_uint<Cfg::INDEX_W>;
template <class Cfg>
using entry_t = ap_uint<Cfg::INDEX_W + 1>;
template <class Cfg>
using occupied_t = ap_uint<Cfg::WINDOW + 1>;

// Put every feature in front of its tick's list. head and next are only written: what the lists begin with is read
// from `newest`, of this process alone. Cycles: FEATURES.
template <class Cfg>
occupied_t<Cfg> encoder_list(hls::stream<typename Cfg::in_beat_t>& in, index_t<Cfg> head[Cfg::WINDOW + 1],
                             entry_t<Cfg> next[Cfg::FEATURES], hls::stream<count_t<Cfg::FEATURES>>& counted) {
    HLS(INLINE)
    index_t<Cfg> newest[Cfg::WINDOW + 1];
    HLS(BIND_STORAGE, variable=newest type=ram_s2p impl=lutram)
    // A read that follows a write by one feature is served by `last`.
    HLS(DEPENDENCE, variable=newest type=inter direction=RAW distance=2 true)
    occupied_t<Cfg> occupied = 0;
    count_t<Cfg::FEATURES> count = 0;
    tick_t<Cfg> last_tick = Cfg::WINDOW;
    index_t<Cfg> last = 0;
fill:
    for (int j = 0; j < Cfg::FEATURES; ++j) {
        HLS(PIPELINE, II=1)
        const tick_t<Cfg> x = earliness<Cfg>(in.read());
        const tick_t<Cfg> tick = ~x;
        const index_t<Cfg> listed = newest[tick];
        entry_t<Cfg> entry = tick == last_tick ? last : listed;
        entry[Cfg::INDEX_W] = occupied[tick];
        next[j] = entry;
        head[tick] = j;
        newest[tick] = j;
        last_tick = tick;
        last = j;
        if (x != 0) {
            occupied[tick] = 1;
            ++count;
        }
    }
    counted.write(count);
    return occupied;
}

// One event per cycle, WINDOW ticks. Cycles: max(1, spikes) per tick.
template <class Cfg>
void encoder_send(const index_t<Cfg> head[Cfg::WINDOW + 1], const entry_t<Cfg> next[Cfg::FEATURES],
                  occupied_t<Cfg> occupied, hls::stream<typename Cfg::out_event_t>& out) {
    HLS(INLINE)
    constexpr int FEWEST = Cfg::WINDOW, MOST = Cfg::WINDOW + Cfg::FEATURES;
    static_assert(FEWEST <= MOST, "iterations of the loop");
    const index_t<Cfg> first = head[0];
    index_t<Cfg> index = occupied[0] ? first : index_t<Cfg>(0);
    bool spike = occupied[0];
    count_t<Cfg::WINDOW> tick = 0;
drain:
    while (tick < Cfg::WINDOW) {
        HLS(PIPELINE, II=1)
        HLS(LOOP_TRIPCOUNT, min=FEWEST max=MOST)
        // What follows in the list and the next tick's head are both read, whichever it will be.
        const entry_t<Cfg> entry = next[index];
        const index_t<Cfg> ahead = head[tick + 1];
        const bool more = spike && entry[Cfg::INDEX_W];
        typename Cfg::out_event_t event;
        event.index = index;
        event.spike = spike;
        event.tick = !more;
        event.last = !more && tick == Cfg::WINDOW - 1;
        out.write(event);
        if (more) {
            index = entry;
        } else {
            occupied >>= 1;
            spike = occupied[0];
            index = spike ? ahead : index_t<Cfg>(0);
            ++tick;
        }
    }
}

template <class Cfg>
void encoder_fill(hls::stream<typename Cfg::in_beat_t>& in, index_t<Cfg> head[Cfg::WINDOW + 1],
                  entry_t<Cfg> next[Cfg::FEATURES], hls::stream<occupied_t<Cfg>>& lists,
                  hls::stream<count_t<Cfg::FEATURES>>& counted) {
    lists.write(encoder_list<Cfg>(in, head, next, counted));
}

template <class Cfg>
void encoder_drain(const index_t<Cfg> head[Cfg::WINDOW + 1], const entry_t<Cfg> next[Cfg::FEATURES],
                   hls::stream<occupied_t<Cfg>>& lists, hls::stream<typename Cfg::out_event_t>& out) {
    encoder_send<Cfg>(head, next, lists.read(), out);
}

// Features, one per beat, -> events of one window. Feature j spikes at tick WINDOW - x_j; x_j = 0 is silence.
// Inside a tick the last feature that came leaves first. counted: how many features spiked in this sample.
template <class Cfg>
void encoder(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<typename Cfg::out_event_t>& out,
             hls::stream<count_t<Cfg::FEATURES>>& counted) {
    HLS(DATAFLOW)
    static_assert(Cfg::WINDOW == (1 << Cfg::TIME_W) - 1, "a window is all values of tick_t but one");
    static_assert(Cfg::FEATURES <= (1 << Cfg::INDEX_W), "every feature has an index");
    index_t<Cfg> head[Cfg::WINDOW + 1];
    HLS(BIND_STORAGE, variable=head type=ram_s2p impl=lutram)
    entry_t<Cfg> next[Cfg::FEATURES];
    HLS(BIND_STORAGE, variable=next type=ram_s2p impl=bram latency=1)
    CHANNEL(lists, 2, occupied_t<Cfg>)
    encoder_fill<Cfg>(in, head, next, lists, counted);
    encoder_drain<Cfg>(head, next, lists, out);
}

// The same as one process, for a tool that has no buffers of arrays between two: a sample's lists fill, then they drain.
template <class Cfg>
void encoder_serial(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<typename Cfg::out_event_t>& out,
                    hls::stream<count_t<Cfg::FEATURES>>& counted) {
    index_t<Cfg> head[Cfg::WINDOW + 1];
    entry_t<Cfg> next[Cfg::FEATURES];
    encoder_send<Cfg>(head, next, encoder_list<Cfg>(in, head, next, counted), out);
}
