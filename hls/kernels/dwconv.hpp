// Depthwise 3x3 convolution, zero padding 1.
#pragma once

#include "arith.hpp"
#include "stream.hpp"

// One beat of results: LANES sums over a 3x3 window, y = clamp(sum(w * x) >> SHIFT), signed out.
//
// window[row][column]: input beats around the centre (y, x); taps off the grid count as zero.
// rom: this channel group's row, weight (lane * 9 + 3 * row + column).
template <class Cfg>
typename Cfg::out_beat_t dwconv_window(const typename Cfg::in_beat_t window[3][3], int y, int x,
                                       const rom_word_t rom[Cfg::ROM_WORDS]) {
#pragma HLS INLINE
    using weight_t = typename Cfg::weight_t;
    typename Cfg::out_beat_t result = 0;
lanes:
    for (int lane = 0; lane < Cfg::LANES; ++lane) {
#pragma HLS UNROLL
        typename Cfg::acc_t acc = 0;
    taps:
        for (int tap = 0; tap < 9; ++tap) {
#pragma HLS UNROLL
            const int row = y + tap / 3 - 1, column = x + tap % 3 - 1, i = lane * 9 + tap;
            const weight_t weight = weight_in<weight_t>(rom[i / weights_per_word<weight_t>()], i);
            const auto value = get_lane<typename Cfg::in_t>(window[tap / 3][tap % 3], lane);
            if (row >= 0 && row < Cfg::HEIGHT && column >= 0 && column < Cfg::WIDTH) acc += weight * value;
        }
        set_lane(result, lane, floor_clamp<typename Cfg::out_t, true, Cfg::SHIFT>(acc));
    }
    return result;
}

// Move this group's window one pixel to the right. columns: the two columns before `newest`, per group.
template <class Cfg>
void dwconv_slide(typename Cfg::in_beat_t columns[3][2][Cfg::ROM_ROWS], const typename Cfg::in_beat_t newest[3],
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
// Beats in and out: (h, w, group) order, LANES channels each, HEIGHT * WIDTH * ROM_ROWS per sample. Two rows
// are kept; the window's centre is WIDTH + 1 pixels behind the newest one, and taps off the grid are
// masked, so buffers need no clearing between samples. Cycles: (HEIGHT * WIDTH + WIDTH + 1) * ROM_ROWS.
// weight[group]: LANES * 9 weights (see dwconv_window).
template <class Cfg>
void dwconv(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<typename Cfg::out_beat_t>& out,
            const rom_word_t weight[Cfg::ROM_ROWS][Cfg::ROM_WORDS]) {
    using beat_t = typename Cfg::in_beat_t;
    static_assert(Cfg::ROM_ROWS * Cfg::LANES == Cfg::CHANNELS, "channels are a multiple of lanes");
    static_assert(beat_t::width == Cfg::LANES * Cfg::in_t::width, "beat of LANES values in");
    static_assert(Cfg::out_beat_t::width == Cfg::LANES * Cfg::out_t::width, "beat of LANES values out");
    static_assert(Cfg::ROM_WORDS == rom_words<typename Cfg::weight_t>(Cfg::LANES * 9), "ROM row of a group");
    constexpr int ROW_BEATS = Cfg::WIDTH * Cfg::ROM_ROWS;
    constexpr int BEATS_IN = Cfg::HEIGHT * ROW_BEATS;
    static_assert(BEATS_IN == Cfg::BEATS_IN, "beats of a sample");
    constexpr int DELAY = ROW_BEATS + Cfg::ROM_ROWS;  // from a window's newest corner to its centre, in beats
#pragma HLS ARRAY_RESHAPE variable=weight dim=2 type=complete
    static beat_t above[2][ROW_BEATS];  // the rows two above and one above the newest pixel
#pragma HLS ARRAY_PARTITION variable=above dim=1 type=complete
#pragma HLS DEPENDENCE variable=above type=inter direction=RAW distance=ROW_BEATS true
    static beat_t columns[3][2][Cfg::ROM_ROWS];  // the two columns before the newest one
#pragma HLS ARRAY_PARTITION variable=columns dim=1 type=complete
#pragma HLS ARRAY_PARTITION variable=columns dim=2 type=complete
    int group = 0, y = -2, x = Cfg::WIDTH - 1;  // the window's centre
beats:
    for (int beat = 0; beat < BEATS_IN + DELAY; ++beat) {
#pragma HLS PIPELINE II=1
        const int newest = (x + 1 == Cfg::WIDTH ? 0 : x + 1) * Cfg::ROM_ROWS + group;
        const beat_t corner = beat < BEATS_IN ? in.read() : beat_t(0);
        const beat_t column[3] = {above[0][newest], above[1][newest], corner};
        above[0][newest] = column[1];
        above[1][newest] = column[2];
        beat_t window[3][3];
        dwconv_slide<Cfg>(columns, column, group, window);
        if (y >= 0) out.write(dwconv_window<Cfg>(window, y, x, weight[group]));
        if (++group == Cfg::ROM_ROWS) {
            group = 0;
            if (++x == Cfg::WIDTH) {
                x = 0;
                ++y;
            }
        }
    }
}
