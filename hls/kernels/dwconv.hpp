// Depthwise 3x3 convolution, zero padding 1, stride 1 or 2.
#pragma once

#include "arith.hpp"
#include "stream.hpp"

constexpr int KERNEL_TAPS = 9;

// Move this group's window one pixel to the right. columns: the two columns before `newest`, per group.
template <class Cfg>
void dwconv_slide(typename Cfg::in_beat_t columns[3][2][Cfg::GROUPS], const typename Cfg::in_beat_t newest[3],
                  int group, typename Cfg::in_beat_t window[3][3]) {
    HLS(INLINE)
rows:
    for (int row = 0; row < 3; ++row) {
        HLS(UNROLL)
        window[row][0] = columns[row][0][group];
        window[row][1] = columns[row][1][group];
        window[row][2] = newest[row];
        columns[row][0][group] = window[row][1];
        columns[row][1][group] = window[row][2];
    }
}

// The window's beats, tap 3 * row + column; those off the grid are zero.
template <class Cfg>
void dwconv_mask(const typename Cfg::in_beat_t window[3][3], const bool row_in[3], const bool column_in[3],
                 typename Cfg::in_beat_t taps[KERNEL_TAPS]) {
    HLS(INLINE)
mask:
    for (int tap = 0; tap < KERNEL_TAPS; ++tap) {
        HLS(UNROLL)
        const bool in_grid = row_in[tap / 3] && column_in[tap % 3];
        taps[tap] = in_grid ? window[tap / 3][tap % 3] : typename Cfg::in_beat_t(0);
    }
}

// One step of a beat: TAPS products of each lane, summed, then added to what the steps before it summed up.
//
// taps: the beats under this step's taps first. Rom::weight(row): weight (lane * TAPS + tap).
template <class Cfg, class Rom>
void dwconv_step(const typename Cfg::in_beat_t taps[KERNEL_TAPS], int row, bool begins,
                 typename Cfg::acc_t acc[Cfg::LANES]) {
    HLS(INLINE)
lanes:
    for (int lane = 0; lane < Cfg::LANES; ++lane) {
        HLS(UNROLL)
        typename Cfg::acc_t sum = 0;
    taps:
        for (int tap = 0; tap < Cfg::TAPS; ++tap) {
            HLS(UNROLL)
            const auto weight = weight_of<Rom, typename Cfg::weight_t>(row, lane * Cfg::TAPS + tap);
            const auto value = get_lane<typename Cfg::in_t>(taps[tap], lane);
            sum += multiplier<Cfg::USE_DSP>::template times<typename Cfg::acc_t>(weight, value);
        }
        acc[lane] = (begins ? typename Cfg::acc_t(0) : acc[lane]) + sum;
    }
}

template <class Cfg>
typename Cfg::out_beat_t dwconv_result(const typename Cfg::acc_t acc[Cfg::LANES]) {
    HLS(INLINE)
    typename Cfg::out_beat_t result = 0;
results:
    for (int lane = 0; lane < Cfg::LANES; ++lane) {
        HLS(UNROLL)
        set_lane(result, lane, floor_clamp<typename Cfg::out_t, true, Cfg::SHIFT>(acc[lane]));
    }
    return result;
}

// y[h, w, c] = clamp(sum over 3x3 of weight[c] * x[h + row - 1, w + column - 1, c] >> SHIFT), signed out.
//
// Beats in and out: (h, w, group) order, LANES channels each, HEIGHT * WIDTH * GROUPS per sample in; out go those of
// every STRIDE-th row and column, the first among them. Two rows are kept; the window's centre is WIDTH + 1 pixels behind the newest one, and taps off the grid count as zero,
// so buffers need no clearing between samples. A beat takes STEPS = 9 / TAPS steps; Rom row group * STEPS + step.
// Cycles: (HEIGHT * WIDTH + WIDTH + 1) * GROUPS * STEPS.
template <class Cfg, class Rom>
void dwconv(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<typename Cfg::out_beat_t>& out) {
    using beat_t = typename Cfg::in_beat_t;
    static_assert(Cfg::GROUPS * Cfg::LANES == Cfg::CHANNELS, "channels are a multiple of lanes");
    static_assert(KERNEL_TAPS % Cfg::TAPS == 0, "9, 3 or 1 taps at once");
    static_assert(beat_t::width == Cfg::LANES * Cfg::in_t::width, "beat of LANES values in");
    static_assert(Cfg::out_beat_t::width == Cfg::LANES * Cfg::out_t::width, "beat of LANES values out");
    constexpr int STEPS = KERNEL_TAPS / Cfg::TAPS;
    constexpr int GROUPS = Cfg::GROUPS;
    constexpr int ROW_BEATS = Cfg::WIDTH * GROUPS;
    constexpr int BEATS_IN = Cfg::HEIGHT * ROW_BEATS;
    static_assert(BEATS_IN == Cfg::BEATS_IN, "beats of a sample");
    constexpr int DELAY = ROW_BEATS + GROUPS;  // from a window's newest corner to its centre, in beats
    static beat_t above[2][ROW_BEATS];  // the rows two above and one above the newest pixel
    HLS(ARRAY_PARTITION, variable=above type=complete dim=1)
    HLS(DEPENDENCE, variable=above type=inter direction=RAW distance=ROW_BEATS true)
    static beat_t columns[3][2][GROUPS];  // the two columns before the newest one
    HLS(ARRAY_PARTITION, variable=columns type=complete dim=1)
    HLS(ARRAY_PARTITION, variable=columns type=complete dim=2)
    HLS(DEPENDENCE, variable=columns type=inter direction=RAW distance=GROUPS true)
    beat_t taps[KERNEL_TAPS];  // of this beat, those of the steps to come
    HLS(ARRAY_PARTITION, variable=taps type=complete)
    typename Cfg::acc_t acc[Cfg::LANES];
    HLS(ARRAY_PARTITION, variable=acc type=complete)
    count_t<GROUPS> group = 0;
    count_t<ROW_BEATS> newest = 0;           // the newest beat's place in its row
    count_t<Cfg::HEIGHT + 1> y = 0;          // row of the window's centre, plus 2
    count_t<Cfg::WIDTH> x = Cfg::WIDTH - 1;  // and its column
beats:
    for (int beat = 0; beat < BEATS_IN + DELAY; ++beat) {
    steps:
        for (int step = 0; step < STEPS; ++step) {
            HLS(PIPELINE, II=1)
            if (step == 0) {
                const beat_t corner = beat < BEATS_IN ? in.read() : beat_t(0);
                const beat_t column[3] = {above[0][newest], above[1][newest], corner};
                above[0][newest] = column[1];
                above[1][newest] = column[2];
                beat_t window[3][3];
                dwconv_slide<Cfg>(columns, column, group, window);
                const bool row_in[3] = {y > 2, true, y <= Cfg::HEIGHT};
                const bool column_in[3] = {x > 0, true, x < Cfg::WIDTH - 1};
                dwconv_mask<Cfg>(window, row_in, column_in, taps);
            }
            dwconv_step<Cfg, Rom>(taps, group * STEPS + step, step == 0, acc);
        shift:
            for (int tap = 0; tap + Cfg::TAPS < KERNEL_TAPS; ++tap) {
                HLS(UNROLL)
                taps[tap] = taps[tap + Cfg::TAPS];
            }
            if (step == STEPS - 1) {
                if (y >= 2 && y % Cfg::STRIDE == 0 && x % Cfg::STRIDE == 0) out.write(dwconv_result<Cfg>(acc));
                newest = newest == ROW_BEATS - 1 ? 0 : int(newest) + 1;
                if (group < GROUPS - 1) {
                    ++group;
                } else {
                    group = 0;
                    x = x < Cfg::WIDTH - 1 ? int(x) + 1 : 0;
                    if (x == 0) ++y;
                }
            }
        }
    }
}
