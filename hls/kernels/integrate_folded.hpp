// Integrate phase, folded: as integrate.hpp, but PE neurons at once, slopes and potentials in LUT memory.
#pragma once

#include "integrate.hpp"

// An event takes FOLDS = N / PE passes, pass `fold` over neurons fold * PE and on, with Rom row index * FOLDS + fold.
// In the window's first event the slopes are zero and the accumulators Rom::start: nothing is cleared.
// Cycles: FOLDS per event. A pass reads what the pass FOLDS before wrote.
template <class Cfg, class Rom, int N>
void integrate_folded(hls::stream<typename Cfg::in_event_t>& in, typename Cfg::acc_t acc[N / Cfg::PE][Cfg::PE]) {
    HLS(INLINE)
    constexpr int FOLDS = N / Cfg::PE;
    constexpr int FEWEST = FOLDS * Cfg::WINDOW, MOST = FOLDS * (Cfg::WINDOW + Cfg::IN_FEATURES);
    static_assert(FEWEST <= MOST, "iterations of the loop");
    HLS(DEPENDENCE, variable=acc type=inter direction=RAW distance=FOLDS true)
    typename Cfg::slope_t slopes[FOLDS][Cfg::PE];
    HLS(ARRAY_PARTITION, variable=slopes type=complete dim=2)
    HLS(BIND_STORAGE, variable=slopes type=ram_s2p impl=lutram)
    HLS(DEPENDENCE, variable=slopes type=inter direction=RAW distance=FOLDS true)
    typename Cfg::in_event_t event;
    count_t<FOLDS> fold = 0;
    bool opens = true, done = false;  // of the window
passes:
    while (!done) {
        HLS(PIPELINE, II=1)
        HLS(LOOP_TRIPCOUNT, min=FEWEST max=MOST)
        if (fold == 0) event = in.read();
        typename Cfg::slope_t slope[Cfg::PE];
        HLS(ARRAY_PARTITION, variable=slope type=complete)
        typename Cfg::acc_t potential[Cfg::PE];
        HLS(ARRAY_PARTITION, variable=potential type=complete)
    load:
        for (int i = 0; i < Cfg::PE; ++i) {
            HLS(UNROLL)
            const typename Cfg::acc_t start = Rom::start(fold * Cfg::PE + i);
            slope[i] = opens ? typename Cfg::slope_t(0) : slopes[fold][i];
            potential[i] = opens ? start : acc[fold][i];
        }
        integrate_event<Rom, typename Cfg::weight_t, Cfg::PE>(event, event.index * FOLDS + fold, slope, potential);
    store:
        for (int i = 0; i < Cfg::PE; ++i) {
            HLS(UNROLL)
            slopes[fold][i] = slope[i];
            acc[fold][i] = potential[i];
        }
        const bool whole = fold == FOLDS - 1;
        done = whole && event.last;
        if (whole) opens = false;
        fold = whole ? 0 : int(fold) + 1;
    }
}
