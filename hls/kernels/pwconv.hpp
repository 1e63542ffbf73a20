// Pointwise 1x1 convolution with folded batch norm and ReLU: two processes, so that one pass's results leave
// while the next one accumulates.
#pragma once

#include "arith.hpp"
#include "packed_dot.hpp"
#include "stream.hpp"

template <class Cfg>
using results_t = ap_uint<Cfg::PE * Cfg::out_t::width>;  // of a pass

template <class Cfg>
constexpr int pixels_of() {
    return Cfg::BEATS_IN / Cfg::GROUPS;
}

// dots[output]: the products of one beat and output `output` of this pass, summed. Row: weight (output * LANES + lane).
template <class Cfg, class Rom>
void pwconv_dots(const typename Cfg::in_beat_t& beat, int row, typename Cfg::acc_t dots[Cfg::PE]) {
    HLS(INLINE)
    using in_t = typename Cfg::in_t;
    using weight_t = typename Cfg::weight_t;
    in_t x[Cfg::LANES];
    HLS(ARRAY_PARTITION, variable=x type=complete)
    weight_t weight[Cfg::PE][Cfg::LANES];
    HLS(ARRAY_PARTITION, variable=weight type=complete dim=0)
lanes:
    for (int lane = 0; lane < Cfg::LANES; ++lane) {
        HLS(UNROLL)
        x[lane] = get_lane<in_t>(beat, lane);
    weights:
        for (int output = 0; output < Cfg::PE; ++output) {
            HLS(UNROLL)
            weight[output][lane] = weight_of<Rom, weight_t>(row, output * Cfg::LANES + lane);
        }
    }
    if (Cfg::PACKED) {
        packed_dot<Cfg::PE, Cfg::LANES, Cfg::NARROW>(x, weight, dots);
    } else {
    outputs:
        for (int output = 0; output < Cfg::PE; ++output) {
            HLS(UNROLL)
            dots[output] = dot<Cfg::USE_DSP, Cfg::LANES, typename Cfg::acc_t>(x, weight[output]);
        }
    }
}

// y = clamp(acc >> SHIFT), acc = (begins ? bias : acc) + dot: one beat's part of PE outputs.
template <class Cfg>
results_t<Cfg> pwconv_add(const typename Cfg::acc_t dots[Cfg::PE], const typename Cfg::acc_t bias[Cfg::PE],
                          bool begins, typename Cfg::acc_t acc[Cfg::PE]) {
    HLS(INLINE)
    results_t<Cfg> results = 0;
outputs:
    for (int output = 0; output < Cfg::PE; ++output) {
        HLS(UNROLL)
        acc[output] = (begins ? bias[output] : acc[output]) + dots[output];
        set_lane(results, output, floor_clamp<typename Cfg::out_t, false, Cfg::SHIFT>(acc[output]));
    }
    return results;
}

// PE outputs of a pixel at once, in PASSES = OUT_CHANNELS / PE passes over it:
// y = clamp((W x + bias) >> SHIFT, 0, max), unsigned out.
//
// In: (pixel, group) order, LANES channels per beat, kept for the passes to come. Out: PE values per pass.
// Rom::weight(pass * GROUPS + group): weight (output * LANES + lane); Rom::start: the biases, in units of the
// accumulator. Products are summed before they meet it: one addition lies in the loop's recurrence.
// Cycles: pixels * PASSES * GROUPS; LANES * PE multipliers, several of them in a DSP slice if PACKED.
template <class Cfg, class Rom>
void pwconv_accumulate(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<results_t<Cfg>>& out) {
    constexpr int PASSES = Cfg::OUT_CHANNELS / Cfg::PE;
    constexpr int GROUPS = Cfg::GROUPS;
    typename Cfg::in_beat_t kept[GROUPS];  // this pixel's beats
    HLS(BIND_STORAGE, variable=kept type=ram_s2p impl=lutram)
    HLS(DEPENDENCE, variable=kept type=inter direction=RAW distance=GROUPS true)
    typename Cfg::acc_t acc[Cfg::PE];
    HLS(ARRAY_PARTITION, variable=acc type=complete)
pixels:
    for (int pixel = 0; pixel < pixels_of<Cfg>(); ++pixel) {
    passes:
        for (int pass = 0; pass < PASSES; ++pass) {
        groups:
            for (int group = 0; group < GROUPS; ++group) {
                HLS(PIPELINE, II=1)
                typename Cfg::in_beat_t beat;
                if (pass == 0) {
                    beat = in.read();
                    if (PASSES > 1) kept[group] = beat;
                } else {
                    beat = kept[group];
                }
                typename Cfg::acc_t dots[Cfg::PE], bias[Cfg::PE];
                HLS(ARRAY_PARTITION, variable=dots type=complete)
                HLS(ARRAY_PARTITION, variable=bias type=complete)
                pwconv_dots<Cfg, Rom>(beat, pass * GROUPS + group, dots);
            biases:
                for (int output = 0; output < Cfg::PE; ++output) {
                    HLS(UNROLL)
                    bias[output] = Rom::start(pass * Cfg::PE + output);
                }
                const results_t<Cfg> results = pwconv_add<Cfg>(dots, bias, group == 0, acc);
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
            HLS(PIPELINE, II=1)
            if (beat == 0) rest = in.read();
            out.write(typename Cfg::out_beat_t(rest));  // the lowest OUT_LANES values
            if (BEATS > 1) rest >>= Cfg::out_beat_t::width;
        }
    }
}

// W x + bias per pixel, floor shift, ReLU by clamping; beats in (pixel, group) order on both sides.
template <class Cfg, class Rom>
void pwconv(hls::stream<typename Cfg::in_beat_t>& in, hls::stream<typename Cfg::out_beat_t>& out) {
    HLS(DATAFLOW)
    static_assert(Cfg::GROUPS * Cfg::LANES == Cfg::IN_CHANNELS, "in channels are a multiple of lanes");
    static_assert(Cfg::OUT_CHANNELS % Cfg::PE == 0, "out channels are a multiple of those at once");
    static_assert(Cfg::PE % Cfg::OUT_LANES == 0, "outputs at once are a multiple of out lanes");
    static_assert(!Cfg::PACKED || Cfg::in_t::width <= OTHER_FACTOR, "a value is a factor of a DSP slice");
    static_assert(Cfg::in_beat_t::width == Cfg::LANES * Cfg::in_t::width, "beat of LANES values in");
    static_assert(Cfg::out_beat_t::width == Cfg::OUT_LANES * Cfg::out_t::width, "beat of OUT_LANES values");
    CHANNEL(results, 2, results_t<Cfg>)
    pwconv_accumulate<Cfg, Rom>(in, results);
    pwconv_serialise<Cfg>(results, out);
}
