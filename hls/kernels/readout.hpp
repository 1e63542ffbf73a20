// Integrating read-out: logits and class, no spike.
#pragma once

#include "integrate.hpp"
#include "logits.hpp"

// logit = W x + bias, from one window of events; CLASSES + 1 words per sample.
//
// Rom::start: the biases. Rom::weight(j): the CLASSES weights of input j. slope_t and acc_t hold every partial
// sum (no wrap). Cycles: one per event, then CLASSES + 1.
template <class Cfg, class Rom>
void readout(hls::stream<typename Cfg::in_event_t>& in, hls::stream<word_t>& out) {
    typename Cfg::acc_t acc[1][Cfg::CLASSES];
    HLS(ARRAY_PARTITION, variable=acc type=complete dim=0)
load:
    for (int i = 0; i < Cfg::CLASSES; ++i) {
        HLS(UNROLL)
        acc[0][i] = Rom::start(i);
    }
    integrate<Cfg, Rom, Cfg::CLASSES>(in, acc[0]);
    send_logits<1, Cfg::CLASSES>(acc, out);
}
