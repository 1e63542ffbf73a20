// TTFS encoder for cores that take spikes in any order: features to spikes, each with its earliness.
#pragma once

#include "earliness.hpp"
#include "encode.hpp"

template <class Cfg>
using encoder_group_t = earliness_group<Cfg::LANES, Cfg::INDEX_W, Cfg::TIME_W>;

// LANES features per beat; beats without a spike end here, but for the last. Cycles: FEATURES / LANES.
template <class Cfg>
void encoder_times(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<encoder_group_t<Cfg>>& out) {
    constexpr int BEATS = Cfg::FEATURES / Cfg::LANES;
    static_assert(BEATS == Cfg::BEATS_IN, "beats of a sample");
    ap_uint<Cfg::INDEX_W> first = 0;
beats:
    for (int beat = 0; beat < BEATS; ++beat) {
        HLS(PIPELINE, II=1)
        const typename Cfg::in_beat_t features = in.read();
        encoder_group_t<Cfg> group;
        group.x = 0;
        group.sent = 0;
    lanes:
        for (int lane = 0; lane < Cfg::LANES; ++lane) {
            HLS(UNROLL)
            const tick_t<Cfg> x = earliness<Cfg>(get_lane<typename Cfg::in_t>(features, lane));
            set_lane(group.x, lane, x);
            group.sent[lane] = x != 0 || (beat == BEATS - 1 && lane == Cfg::LANES - 1);
        }
        group.first = first;
        group.last = beat == BEATS - 1;
        if (group.sent != 0) out.write(group);
        first += Cfg::LANES;
    }
}

// Features -> an event for each that spikes, in order, and one for the last. counted: how many spiked.
// Between the processes is room for a burst of beats with several spikes each.
template <class Cfg>
void encoder_earliness(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<typename Cfg::out_event_t>& out,
                       hls::stream<count_t<Cfg::FEATURES>>& counted) {
    HLS(DATAFLOW)
    static_assert(Cfg::FEATURES <= (1 << Cfg::INDEX_W), "every feature has an index");
    CHANNEL(groups, 16, encoder_group_t<Cfg>)
    encoder_times<Cfg>(in, groups);
    send_spikes<Cfg::FEATURES>(groups, out, counted);
}
