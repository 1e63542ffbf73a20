// The chip's ends: transfers of 32-bit AXI4-Stream beats in, packets of results out.
//
// A transfer is any number of whole samples, TLAST on its last beat. Inside the pipeline only samples exist;
// a tag per sample goes around it, so that a transfer's last result, and only that, carries TLAST.
#pragma once

#include "arith.hpp"
#include "axis.hpp"

constexpr int common_divisor(int a, int b) {
    return b == 0 ? a : common_divisor(b, a % b);
}

// One sample: BEATS_IN beats of SLOTS slots in, beats of LANES values out, as they arrive.
//
// Each step moves STEP = gcd(LANES, SLOTS) values, so a step takes at most one word and sends at most one
// beat. A transfer that ends inside the sample is filled up with zeros, and the sample's tag says invalid.
// The padding after the last value is not looked at, nor are TKEEP and TSTRB. Cycles: VALUES / STEP.
template <class Cfg>
void receive(hls::stream<axis_t>& in, hls::stream<typename Cfg::out_beat_t>& out, hls::stream<tag_t>& tags) {
    constexpr int STEP = common_divisor(Cfg::LANES, Cfg::SLOTS);
    using slot_t = ap_uint<32 / Cfg::SLOTS>;
    static_assert(Cfg::VALUES % Cfg::LANES == 0, "whole beats only");
    static_assert(Cfg::BEATS_IN == (Cfg::VALUES + Cfg::SLOTS - 1) / Cfg::SLOTS, "beats of a sample");
    static_assert(Cfg::out_beat_t::width == Cfg::LANES * Cfg::out_t::width, "beat of LANES values");
    typename Cfg::out_beat_t beat = 0;
    word_t word = 0;
    count_t<Cfg::SLOTS> slot = 0;  // of `word`, the next one to take
    count_t<Cfg::LANES> lane = 0;  // of `beat`, the next one to fill
    tag_t tag;
    tag.last = 0;
    tag.invalid = 0;
steps:
    for (int step = 0; step < Cfg::VALUES / STEP; ++step) {
        HLS(PIPELINE, II=1)
        if (slot == 0) {
            tag.invalid |= tag.last;
            word = 0;
            if (!tag.last) {
                const axis_t taken = in.read();
                word = data_of(taken);
                tag.last = is_last(taken);
            }
        }
    values:
        for (int i = 0; i < STEP; ++i) {
            HLS(UNROLL)
            set_lane(beat, lane + i, typename Cfg::out_t(get_lane<slot_t>(word, i)));
        }
        word >>= STEP * slot_t::width % 32;  // a whole word at once: the next step takes a new one
        slot = slot + STEP == Cfg::SLOTS ? 0 : int(slot) + STEP;
        lane += STEP;
        if (lane == Cfg::LANES) {
            out.write(beat);
            lane = 0;
        }
    }
    tags.write(tag);
}

// One sample's results: CLASSES logits, then the class, which is 0xFFFFFFFF where the tag says invalid; TLAST
// where it ends a transfer. Returns how many invalid samples there were since reset. Cycles: CLASSES + 1.
template <class Cfg>
word_t send_packet(hls::stream<tag_t>& tags, hls::stream<word_t>& results, hls::stream<axis_t>& out) {
    HLS(INLINE)
    static word_t errors = 0;
    HLS(RESET, variable=errors)
    const tag_t tag = tags.read();
results:
    for (int i = 0; i <= Cfg::CLASSES; ++i) {
        HLS(PIPELINE, II=1)
        const bool is_class = i == Cfg::CLASSES;
        const word_t result = results.read();
        out.write(output_beat(is_class && tag.invalid ? word_t(-1) : result, is_class && tag.last));
    }
    if (tag.invalid) ++errors;
    return errors;
}
