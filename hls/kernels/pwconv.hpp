// Pointwise 1x1 convolution with folded batch norm and ReLU: two processes, so that one pixel's results
// leave while the next pixel accumulates.
#pragma once

#include "arith.hpp"
#include "stream.hpp"

template <class Cfg>
using pixel_t = ap_uint<Cfg::OUT_CHANNELS * Cfg::out_t::width>;  // all results of a pixel

template <class Cfg>
constexpr int pixels_of() {
    return Cfg::BEATS_IN / Cfg::ROM_ROWS;
}

// All out channels of a pixel at once: y = clamp((W x + bias) >> SHIFT, 0, max), unsigned out.
//
// In: (pixel, group) order, LANES channels per beat. Out: one beat of OUT_CHANNELS values per pixel.
// weight[group]: weight (out_channel * LANES + lane); start: the biases, in units of the accumulator.
// Cycles: pixels * ROM_ROWS; LANES * OUT_CHANNELS multipliers.
template <class Cfg>
void pwconv_accumulate(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<pixel_t<Cfg>>& out,
                       const rom_word_t weight[Cfg::ROM_ROWS][Cfg::ROM_WORDS],
                       const int64_t start[Cfg::OUT_CHANNELS]) {
    using weight_t = typename Cfg::weight_t;
#pragma HLS ARRAY_RESHAPE variable=weight dim=2 type=complete
#pragma HLS ARRAY_PARTITION variable=start type=complete
    typename Cfg::acc_t acc[Cfg::OUT_CHANNELS];
#pragma HLS ARRAY_PARTITION variable=acc type=complete
pixels:
    for (int pixel = 0; pixel < pixels_of<Cfg>(); ++pixel) {
    groups:
        for (int group = 0; group < Cfg::ROM_ROWS; ++group) {
#pragma HLS PIPELINE II=1
            const typename Cfg::in_beat_t beat = in.read();
            pixel_t<Cfg> result = 0;
        channels:
            for (int channel = 0; channel < Cfg::OUT_CHANNELS; ++channel) {
#pragma HLS UNROLL
                typename Cfg::acc_t sum = group == 0 ? typename Cfg::acc_t(start[channel]) : acc[channel];
            lanes:
                for (int lane = 0; lane < Cfg::LANES; ++lane) {
#pragma HLS UNROLL
                    const int i = channel * Cfg::LANES + lane;
                    const rom_word_t word = weight[group][i / weights_per_word<weight_t>()];
                    sum += weight_in<weight_t>(word, i) * get_lane<typename Cfg::in_t>(beat, lane);
                }
                acc[channel] = sum;
                set_lane(result, channel, floor_clamp<typename Cfg::out_t, false, Cfg::SHIFT>(sum));
            }
            if (group == Cfg::ROM_ROWS - 1) out.write(result);
        }
    }
}

// A pixel's OUT_CHANNELS values, OUT_LANES per beat. Cycles: pixels * OUT_CHANNELS / OUT_LANES.
template <class Cfg>
void pwconv_serialise(hls::stream<pixel_t<Cfg>>& in, hls::stream<typename Cfg::out_beat_t>& out) {
    constexpr int BEATS = Cfg::OUT_CHANNELS / Cfg::OUT_LANES;
    pixel_t<Cfg> rest = 0;
pixels:
    for (int pixel = 0; pixel < pixels_of<Cfg>(); ++pixel) {
    beats:
        for (int beat = 0; beat < BEATS; ++beat) {
#pragma HLS PIPELINE II=1
            if (beat == 0) rest = in.read();
            out.write(typename Cfg::out_beat_t(rest));  // the lowest OUT_LANES values
            if (BEATS > 1) rest >>= Cfg::out_beat_t::width;
        }
    }
}

// W x + bias per pixel, floor shift, ReLU by clamping; beats in (pixel, group) order on both sides.
template <class Cfg>
void pwconv(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<typename Cfg::out_beat_t>& out,
            const rom_word_t weight[Cfg::ROM_ROWS][Cfg::ROM_WORDS], const int64_t start[Cfg::OUT_CHANNELS]) {
    static_assert(Cfg::ROM_ROWS * Cfg::LANES == Cfg::IN_CHANNELS, "in channels are a multiple of lanes");
    static_assert(Cfg::OUT_CHANNELS % Cfg::OUT_LANES == 0, "out channels are a multiple of out lanes");
    static_assert(Cfg::in_beat_t::width == Cfg::LANES * Cfg::in_t::width, "beat of LANES values in");
    static_assert(Cfg::out_beat_t::width == Cfg::OUT_LANES * Cfg::out_t::width, "beat of OUT_LANES values");
    static_assert(Cfg::ROM_WORDS == rom_words<typename Cfg::weight_t>(Cfg::LANES * Cfg::OUT_CHANNELS),
                  "ROM row of a group");
#pragma HLS DATAFLOW
    hls::stream<pixel_t<Cfg>> pixels("pixels");
    pwconv_accumulate<Cfg>(in, pixels, weight, start);
    pwconv_serialise<Cfg>(pixels, out);
}
