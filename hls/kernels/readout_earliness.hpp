// Integrating read-out for spikes in any order, each with its earliness: logits and class, no spike.
#pragma once

#include "earliness.hpp"
#include "logits.hpp"

// logit = W x + bias, from one sample's events; CLASSES + 1 words per sample. Rom: see sum_spikes.
// Cycles: one per step of sum_spikes, then CLASSES + 1.
template <class Cfg, class Rom>
void readout_earliness(hls::stream<typename Cfg::in_event_t>& in, hls::stream<word_t>& out) {
    static_assert(Cfg::CLASSES % Cfg::PE == 0, "classes are a multiple of those at once");
    constexpr int FOLDS = Cfg::CLASSES / Cfg::PE;
    typename Cfg::acc_t sums[FOLDS][Cfg::PE];
    HLS(ARRAY_PARTITION, variable=sums type=complete dim=2)
    sum_spikes<Cfg, Rom, Cfg::CLASSES>(in, sums);
    send_logits<FOLDS, Cfg::PE>(sums, out);
}
