// Pointwise 1x1 convolution with folded batch norm and ReLU: two processes, so that one pixel's results
// leave while the next pixel accumulates.
#pragma once

#include "arith.hpp"
#include "stream.hpp"

template <class Cfg>
using pixel_t = ap_uint<Cfg::OUT_CHANNELS * Cfg::out_t::width>;  // all results of a pixel

template <class Cfg>
constexpr int pixels_of() {
    return Cfg::BEATS_IN / Cfg::GROUPS;
}

// Channel `channel`'s products of one beat, summed.
template <class Cfg, class Rom>
typename Cfg::acc_t pwconv_dot(const typename Cfg::in_beat_t& beat, int group, int channel) {
#pragma HLS INLINE
    typename Cfg::acc_t sum = 0;
lanes:
    for (int lane = 0; lane < Cfg::LANES; ++lane) {
#pragma HLS UNROLL
        const auto weight = weight_of<Rom, typename Cfg::weight_t>(group, channel * Cfg::LANES + lane);
        sum += weight * get_lane<typename Cfg::in_t>(beat, lane);
    }
    return sum;
}

// All out channels of a pixel at once: y = clamp((W x + bias) >> SHIFT, 0, max), unsigned out.
//
// In: (pixel, group) order, LANES channels per beat. Out: one beat of OUT_CHANNELS values per pixel.
// Rom::weight(group): weight (out_channel * LANES + lane); Rom::start: the biases, in units of the accumulator.
// The products are summed before they meet the accumulator: only one addition lies in the loop's recurrence.
// Cycles: pixels * GROUPS; LANES * OUT_CHANNELS multipliers.
template <class Cfg, class Rom>
void pwconv_accumulate(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<pixel_t<Cfg>>& out) {
    typename Cfg::acc_t acc[Cfg::OUT_CHANNELS];
#pragma HLS ARRAY_PARTITION variable=acc type=complete
pixels:
    for (int pixel = 0; pixel < pixels_of<Cfg>(); ++pixel) {
    groups:
        for (int group = 0; group < Cfg::GROUPS; ++group) {
#pragma HLS PIPELINE II=1
            const typename Cfg::in_beat_t beat = in.read();
            pixel_t<Cfg> result = 0;
        channels:
            for (int channel = 0; channel < Cfg::OUT_CHANNELS; ++channel) {
#pragma HLS UNROLL
                const typename Cfg::acc_t dot = pwconv_dot<Cfg, Rom>(beat, group, channel);
                const typename Cfg::acc_t sum = dot + (group == 0 ? typename Cfg::acc_t(Rom::start(channel)) : acc[channel]);
                acc[channel] = sum;
                set_lane(result, channel, floor_clamp<typename Cfg::out_t, false, Cfg::SHIFT>(sum));
            }
            if (group == Cfg::GROUPS - 1) out.write(result);
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
template <class Cfg, class Rom>
void pwconv(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<typename Cfg::out_beat_t>& out) {
    static_assert(Cfg::GROUPS * Cfg::LANES == Cfg::IN_CHANNELS, "in channels are a multiple of lanes");
    static_assert(Cfg::OUT_CHANNELS % Cfg::OUT_LANES == 0, "out channels are a multiple of out lanes");
    static_assert(Cfg::in_beat_t::width == Cfg::LANES * Cfg::in_t::width, "beat of LANES values in");
    static_assert(Cfg::out_beat_t::width == Cfg::OUT_LANES * Cfg::out_t::width, "beat of OUT_LANES values");
#pragma HLS DATAFLOW
    hls::stream<pixel_t<Cfg>> pixels("pixels");
#pragma HLS STREAM variable=pixels type=fifo depth=2
    pwconv_accumulate<Cfg, Rom>(in, pixels);
    pwconv_serialise<Cfg>(pixels, out);
}
