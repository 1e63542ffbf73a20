// Integrating read-out: logits and class, no spike.
#pragma once

#include "integrate.hpp"
#include "stream.hpp"

// The logits, sign-extended, one per word; then the class, the lowest index on a tie. Cycles: CLASSES + 1.
template <class Cfg>
void send_logits(const typename Cfg::acc_t acc[Cfg::CLASSES], hls::stream<word_t>& out) {
#pragma HLS INLINE
    count_t<Cfg::CLASSES> best = 0;
    typename Cfg::acc_t largest = acc[0];
logits:
    for (int i = 0; i <= Cfg::CLASSES; ++i) {
#pragma HLS PIPELINE II=1
        if (i == Cfg::CLASSES) {
            out.write(word_t(best));
        } else {
            if (acc[i] > largest) {
                largest = acc[i];
                best = i;
            }
            out.write(word_t(ap_int<32>(acc[i])));
        }
    }
}

// logit = W x + bias, from one window of events; CLASSES + 1 words per sample.
//
// Rom::start: the biases. Rom::weight(j): the CLASSES weights of input j. slope_t and acc_t hold every partial
// sum (no wrap). Cycles: one per event, then CLASSES + 1.
template <class Cfg, class Rom>
void readout(hls::stream<typename Cfg::in_event_t>& in, hls::stream<word_t>& out) {
    static_assert(Cfg::acc_t::width <= 32, "a logit fits in a beat");
    typename Cfg::acc_t acc[Cfg::CLASSES];
#pragma HLS ARRAY_PARTITION variable=acc type=complete
load:
    for (int i = 0; i < Cfg::CLASSES; ++i) {
#pragma HLS UNROLL
        acc[i] = Rom::start(i);
    }
    integrate<Cfg, Rom, Cfg::CLASSES>(in, acc);
    send_logits<Cfg>(acc, out);
}
