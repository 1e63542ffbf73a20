// Integrating read-out: logits and class, no spike.
#pragma once

#include "integrate.hpp"
#include "stream.hpp"

// One output beat; every byte is meant.
inline axis_t output_beat(const word_t& data, bool last) {
#pragma HLS INLINE
    axis_t beat;
    beat.data = data;
    beat.keep = -1;
    beat.strb = -1;
    beat.last = last;
    return beat;
}

// The logits, sign-extended, one per beat; then the class, the lowest index on a tie, with TLAST.
template <class Cfg>
void send_packet(const typename Cfg::acc_t acc[Cfg::CLASSES], hls::stream<axis_t>& out) {
#pragma HLS INLINE
    int best = 0;
    typename Cfg::acc_t largest = acc[0];
logits:
    for (int i = 0; i < Cfg::CLASSES; ++i) {
#pragma HLS PIPELINE II=1
        if (acc[i] > largest) {
            largest = acc[i];
            best = i;
        }
        out.write(output_beat(word_t(ap_int<32>(acc[i])), false));
    }
    out.write(output_beat(word_t(best), true));
}

// logit = W x + bias, from one window of events; one output packet of CLASSES + 1 beats per sample.
//
// start: the biases. weight[j]: the CLASSES weights of input j. slope_t and acc_t hold every partial
// sum (no wrap). Cycles: one per event, then CLASSES + 1.
template <class Cfg>
void readout(hls::stream<typename Cfg::in_event_t>& in, hls::stream<axis_t>& out,
             const rom_word_t weight[Cfg::IN_FEATURES][Cfg::ROM_WORDS], const int64_t start[Cfg::CLASSES]) {
    static_assert(Cfg::acc_t::width <= 32, "a logit fits in a beat");
#pragma HLS ARRAY_RESHAPE variable=weight dim=2 type=complete
#pragma HLS ARRAY_PARTITION variable=start type=complete
    typename Cfg::acc_t acc[Cfg::CLASSES];
#pragma HLS ARRAY_PARTITION variable=acc type=complete
load:
    for (int i = 0; i < Cfg::CLASSES; ++i) {
#pragma HLS UNROLL
        acc[i] = start[i];
    }
    integrate<Cfg, Cfg::CLASSES>(in, acc, weight);
    send_packet<Cfg>(acc, out);
}
