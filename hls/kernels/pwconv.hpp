// Pointwise 1x1 convolution with folded batch norm and ReLU: two processes, so that one pass's results leave
// while the next one accumulates.
#pragma once

#include "arith.hpp"
#include "stream.hpp"

template <class Cfg>
using results_t = ap_uint<Cfg::PE * Cfg::out_t::width>;  // of a pass

template <class Cfg>
constexpr int pixels_of() {
    return Cfg::BEATS_IN / Cfg::GROUPS;
}

// Output `output` of this pass: its products of one beat, summed.
template <class Cfg, class Rom>
typename Cfg::acc_t pwconv_dot(const typename Cfg::in_beat_t& beat, int row, int output) {
#pragma HLS INLINE
    typename Cfg::acc_t sum = 0;
lanes:
    for (int lane = 0; lane < Cfg::LANES; ++lane) {
#pragma HLS UNROLL
        const auto weight = weight_of<Rom, typename Cfg::weight_t>(row, output * Cfg::LANES + lane);
        const auto value = get_lane<typename Cfg::in_t>(beat, lane);
        sum += multiplier<Cfg::USE_DSP>::template times<typename Cfg::acc_t>(weight, value);
    }
    return sum;
}

// PE outputs of a pixel at once, in PASSES = OUT_CHANNELS / PE passes over it:
// y = clamp((W x + bias) >> SHIFT, 0, max), unsigned out.
//
// In: (pixel, group) order, LANES channels per beat, kept for the passes to come. Out: PE values per pass.
// Rom::weight(pass * GROUPS + group): weight (output * LANES + lane); Rom::start: the biases, in units of the
// accumulator. Products are summed before they meet it: one addition lies in the loop's recurrence.
// Cycles: pixels * PASSES * GROUPS; LANES * PE multipliers.
template <class Cfg, class Rom>
void pwconv_accumulate(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<results_t<Cfg>>& out) {
    constexpr int PASSES = Cfg::OUT_CHANNELS / Cfg::PE;
    constexpr int GROUPS = Cfg::GROUPS;
    typename Cfg::in_beat_t kept[GROUPS];  // this pixel's beats
#pragma HLS BIND_STORAGE variable=kept type=ram_s2p impl=lutram
#pragma HLS DEPENDENCE variable=kept type=inter direction=RAW distance=GROUPS true
    typename Cfg::acc_t acc[Cfg::PE];
#pragma HLS ARRAY_PARTITION variable=acc type=complete
pixels:
    for (int pixel = 0; pixel < pixels_of<Cfg>(); ++pixel) {
    passes:
        for (int pass = 0; pass < PASSES; ++pass) {
        groups:
            for (int group = 0; group < GROUPS; ++group) {
#pragma HLS PIPELINE II=1
                typename Cfg::in_beat_t beat;
                if (pass == 0) {
                    beat = in.read();
                    if (PASSES > 1) kept[group] = beat;
                } else {
                    beat = kept[group];
                }
                results_t<Cfg> results = 0;
            outputs:
                for (int output = 0; output < Cfg::PE; ++output) {
#pragma HLS UNROLL
                    const typename Cfg::acc_t dot = pwconv_dot<Cfg, Rom>(beat, pass * GROUPS + group, output);
                    const typename Cfg::acc_t bias = Rom::start(pass * Cfg::PE + output);
                    acc[output] = (group == 0 ? bias : acc[output]) + dot;
                    set_lane(results, output, floor_clamp<typename Cfg::out_t, false, Cfg::SHIFT>(acc[output]));
                }
                if (group == GROUPS - 1) out.write(results);
            }
        }
    }
}

// A pass's PE values, OUT_LANES per beat. Cycles: pixels * OUT_CHANNELS / OUT_LANES.
template <class Cfg>
void pwconv_serialise(hls::stream<results_t<Cfg>>& in, hls::stream<typename Cfg::out_beat_t>& out) {
    constexpr int BEATS = Cfg::PE / Cfg::OUT_LANES;
    results_t<Cfg> rest = 0;
passes:
    for (int pass = 0; pass < pixels_of<Cfg>() * (Cfg::OUT_CHANNELS / Cfg::PE); ++pass) {
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
#pragma HLS DATAFLOW
    static_assert(Cfg::GROUPS * Cfg::LANES == Cfg::IN_CHANNELS, "in channels are a multiple of lanes");
    static_assert(Cfg::OUT_CHANNELS % Cfg::PE == 0, "out channels are a multiple of those at once");
    static_assert(Cfg::PE % Cfg::OUT_LANES == 0, "outputs at once are a multiple of out lanes");
    static_assert(Cfg::in_beat_t::width == Cfg::LANES * Cfg::in_t::width, "beat of LANES values in");
    static_assert(Cfg::out_beat_t::width == Cfg::OUT_LANES * Cfg::out_t::width, "beat of OUT_LANES values");
    hls::stream<results_t<Cfg>> results("results");
#pragma HLS STREAM variable=results type=fifo depth=2
    pwconv_accumulate<Cfg, Rom>(in, results);
    pwconv_serialise<Cfg>(results, out);
}
