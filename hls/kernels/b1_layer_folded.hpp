// B1 spiking layer, tick by tick and folded: as b1_layer.hpp, but PE neurons at once.
#pragma once

#include "b1_layer.hpp"
#include "integrate_folded.hpp"

// Who fires at each tick, as b1_potentials says it; a tick takes FOLDS = OUT_FEATURES / PE passes, and its bits leave
// with the last one. Cycles: FOLDS per event in, then FOLDS * WINDOW.
template <class Cfg, class Rom>
void b1_potentials_folded(hls::stream<typename Cfg::in_event_t>& in, hls::stream<ap_uint<Cfg::OUT_FEATURES>>& out) {
    constexpr int N = Cfg::OUT_FEATURES, FOLDS = N / Cfg::PE;
    typename Cfg::acc_t potentials[FOLDS][Cfg::PE];
    HLS(ARRAY_PARTITION, variable=potentials type=complete dim=2)
    HLS(BIND_STORAGE, variable=potentials type=ram_s2p impl=lutram)
    HLS(DEPENDENCE, variable=potentials type=inter direction=RAW distance=FOLDS true)
    integrate_folded<Cfg, Rom, N>(in, potentials);
    ap_uint<N> reached = 0, fired = 0;  // a potential that has reached 0 stays there
ticks:
    for (int tick = 0; tick < Cfg::WINDOW; ++tick) {
    folds:
        for (int fold = 0; fold < FOLDS; ++fold) {
            HLS(PIPELINE, II=1)
            typename Cfg::acc_t potential[Cfg::PE];
            HLS(ARRAY_PARTITION, variable=potential type=complete)
        load:
            for (int i = 0; i < Cfg::PE; ++i) {
                HLS(UNROLL)
                potential[i] = potentials[fold][i];
            }
            const ap_uint<Cfg::PE> now = fire_tick<Cfg::PE, Cfg::SHIFT>(potential);
        store:
            for (int i = 0; i < Cfg::PE; ++i) {
                HLS(UNROLL)
                potentials[fold][i] = potential[i];
            }
        place:
            for (int k = 0; k < FOLDS; ++k) {
                HLS(UNROLL)
                if (k == fold) set_lane(reached, k, now);
            }
            if (fold == FOLDS - 1) {
                out.write(reached & ~fired);
                fired = reached;
            }
        }
    }
}

// The same function as b1_layer. Rom::weight: row input * FOLDS + fold, PE weights.
template <class Cfg, class Rom>
void b1_layer_folded(hls::stream<typename Cfg::in_event_t>& in, hls::stream<typename Cfg::out_event_t>& out,
                     hls::stream<count_t<Cfg::OUT_FEATURES>>& counted) {
    HLS(DATAFLOW)
    static_assert(Cfg::OUT_FEATURES % Cfg::PE == 0, "neurons are a multiple of those at once");
    static_assert(Cfg::acc_t::width <= 63, "start comes as 64-bit numbers");
    CHANNEL(fires, 2, ap_uint<Cfg::OUT_FEATURES>)
    CHANNEL(groups, 2, b1_group<Cfg>)
    b1_potentials_folded<Cfg, Rom>(in, fires);
    b1_groups<Cfg>(fires, groups);
    b1_spikes<Cfg>(groups, out, counted);
}
