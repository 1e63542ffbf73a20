// Depthwise 3x3 convolution, zero padding 1.
#pragma once

#include "arith.hpp"
#include "stream.hpp"

// One beat of results: LANES sums over a 3x3 window, y = clamp(sum(w * x) >> SHIFT), signed out.
//
// window[row][column]: input beats around the centre; row_in, column_in: which lie on the grid, others count as
// zero. Rom::weight(group): weight (lane * 9 + 3 * row + column).
template <class Cfg, class Rom>
typename Cfg::out_beat_t dwconv_window(const typename Cfg::in_beat_t window[3][3], const bool row_in[3],
                                       const bool column_in[3], int group) {
#pragma HLS INLINE
    typename Cfg::out_beat_t result = 0;
lanes:
    for (int lane = 0; lane < Cfg::LANES; ++lane) {
#pragma HLS UNROLL
        typename Cfg::acc_t acc = 0;
    taps:
        for (int tap = 0; tap < 9; ++tap) {
#pragma HLS UNROLL
            const auto weight = weight_of<Rom, typename Cfg::weight_t>(group, lane * 9 + tap);
            const auto value = get_lane<typename Cfg::in_t>(window[tap / 3][tap % 3], lane);
            if (row_in[tap / 3] && column_in[tap % 3]) acc += weight * value;
        }
        set_lane(result, lane, floor_clamp<typename Cfg::out_t, true, Cfg::SHIFT>(acc));
    }
    return result;
}

// Move this group's window one pixel to the right. columns: the two columns before `newest`, per group.
template <class Cfg>
void dwconv_slide(typename Cfg::in_beat_t columns[3][2][Cfg::GROUPS], const typename Cfg::in_beat_t newest[3],
                  int group, typename Cfg::in_beat_t window[3][3]) {
#pragma HLS INLINE
rows:
    for (int row = 0; row < 3; ++row) {
#pragma HLS UNROLL
        window[row][0] = columns[row][0][group];
        window[row][1] = columns[row][1][group];
        window[row][2] = newest[row];
        columns[row][0][group] = window[row][1];
        columns[row][1][group] = window[row][2];
    }
}

// y[h, w, c] = clamp(sum over 3x3 of weight[c] * x[h + row - 1, w + column - 1, c] >> SHIFT).
//
// Beats in and out: (h, w, group) order, LANES channels each, HEIGHT * WIDTH * GROUPS per sample. Two rows
// are kept; the window's centre is WIDTH + 1 pixels behind the newest one, and taps off the grid are
// masked, so buffers need no clearing between samples. Cycles: (HEIGHT * WIDTH + WIDTH + 1) * GROUPS.
template <class Cfg, class Rom>
void dwconv(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<typename Cfg::out_beat_t>& out) {
    using beat_t = typename Cfg::in_beat_t;
    static_assert(Cfg::GROUPS * Cfg::LANES == Cfg::CHANNELS, "channels are a multiple of lanes");
    static_assert(beat_t::width == Cfg::LANES * Cfg::in_t::width, "beat of LANES values in");
    static_assert(Cfg::out_beat_t::width == Cfg::LANES * Cfg::out_t::width, "beat of LANES values out");
    constexpr int GROUPS = Cfg::GROUPS;
    constexpr int ROW_BEATS = Cfg::WIDTH * GROUPS;
    constexpr int BEATS_IN = Cfg::HEIGHT * ROW_BEATS;
    static_assert(BEATS_IN == Cfg::BEATS_IN, "beats of a sample");
    constexpr int DELAY = ROW_BEATS + GROUPS;  // from a window's newest corner to its centre, in beats
    static beat_t above[2][ROW_BEATS];  // the rows two above and one above the newest pixel
#pragma HLS ARRAY_PARTITION variable=above dim=1 type=complete
#pragma HLS DEPENDENCE variable=above type=inter direction=RAW distance=ROW_BEATS true
    static beat_t columns[3][2][GROUPS];  // the two columns before the newest one
#pragma HLS ARRAY_PARTITION variable=columns dim=1 type=complete
#pragma HLS ARRAY_PARTITION variable=columns dim=2 type=complete
#pragma HLS DEPENDENCE variable=columns type=inter direction=RAW distance=GROUPS true
    count_t<GROUPS> group = 0;
    count_t<ROW_BEATS> newest = 0;           // the newest beat's place in its row
    count_t<Cfg::HEIGHT + 1> y = 0;          // row of the window's centre, plus 2
    count_t<Cfg::WIDTH> x = Cfg::WIDTH - 1;  // and its column
beats:
    for (int beat = 0; beat < BEATS_IN + DELAY; ++beat) {
#pragma HLS PIPELINE II=1
        const beat_t corner = beat < BEATS_IN ? in.read() : beat_t(0);
        const beat_t column[3] = {above[0][newest], above[1][newest], corner};
        above[0][newest] = column[1];
        above[1][newest] = column[2];
        beat_t window[3][3];
        dwconv_slide<Cfg>(columns, column, group, window);
        const bool row_in[3] = {y > 2, true, y <= Cfg::HEIGHT};
        const bool column_in[3] = {x > 0, true, x < Cfg::WIDTH - 1};
        const typename Cfg::out_beat_t result = dwconv_window<Cfg, Rom>(window, row_in, column_in, group);
        if (y >= 2) out.write(result);
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
