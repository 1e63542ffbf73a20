// Integrating read-out that decides before its window has ended: logits and class, no spike.
#pragma once

#include "integrate.hpp"
#include "logits.hpp"

// Whether one of COUNT logits is ahead of every other by `need` or more.
template <int COUNT, class Need, class Acc>
bool one_is_ahead(const Acc acc[COUNT], const Need& need) {
    HLS(INLINE)
    bool found = false;
classes:
    for (int i = 0; i < COUNT; ++i) {
        HLS(UNROLL)
        bool ahead = true;
    others:
        for (int k = 0; k < COUNT; ++k) {
            HLS(UNROLL)
            if (k != i) ahead = ahead && Need(acc[i]) - Need(acc[k]) >= need;
        }
        found = found || ahead;
    }
    return found;
}

// logit = W max(0, x - left) + bias after the first tick, `left` of them to come, at which one of the logits is ahead of
// every other by what is needed, FIRST after the first tick and RATE less with each; or after the last. CLASSES + 1
// words per sample. As many cycles as readout: the window is taken whole before anything is sent.
//
// Rom: as in readout. sent: spikes of the layer before it in this sample; counted: those that are in the logits.
template <class Cfg, class Rom>
void readout_early(hls::stream<typename Cfg::in_event_t>& in, hls::stream<word_t>& out,
                   hls::stream<count_t<Cfg::IN_FEATURES>>& sent, hls::stream<count_t<Cfg::IN_FEATURES>>& counted) {
    constexpr int N = Cfg::CLASSES, FEWEST = Cfg::WINDOW, MOST = Cfg::WINDOW + Cfg::IN_FEATURES;
    static_assert(FEWEST <= MOST, "iterations of the loop");
    static_assert(Cfg::need_t::width > Cfg::acc_t::width, "a difference of two logits, and what is needed of it");
    typename Cfg::slope_t slope[N];
    typename Cfg::acc_t acc[N];
    typename Cfg::acc_t kept[1][N];
    HLS(ARRAY_PARTITION, variable=slope type=complete)
    HLS(ARRAY_PARTITION, variable=acc type=complete)
    HLS(ARRAY_PARTITION, variable=kept type=complete dim=0)
load:
    for (int i = 0; i < N; ++i) {
        HLS(UNROLL)
        slope[i] = 0;
        acc[i] = Rom::start(i);
        kept[0][i] = 0;
    }
    typename Cfg::need_t need = Cfg::FIRST;
    count_t<Cfg::IN_FEATURES> count = 0;
    bool decided = false, last = false;
events:
    while (!last) {
        HLS(PIPELINE, II=1)
        HLS(LOOP_TRIPCOUNT, min=FEWEST max=MOST)
        const typename Cfg::in_event_t event = in.read();
        integrate_event<Rom, typename Cfg::weight_t, N>(event, event.index, slope, acc);
        if (!decided) {
        keep:
            for (int i = 0; i < N; ++i) {
                HLS(UNROLL)
                kept[0][i] = acc[i];
            }
            count += event.spike;
            if (event.tick) {
                decided = one_is_ahead<N>(acc, need);
                need -= Cfg::RATE;
            }
        }
        last = event.last;
    }
    sent.read();
    counted.write(count);
    send_logits<1, N>(kept, out);
}
