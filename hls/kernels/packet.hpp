// Input adapters: 32-bit AXI4-Stream packets in, beats of LANES values out.
#pragma once

#include "stream.hpp"

// Wait for a packet of exactly BEATS_IN beats and leave it in `packet` (a ping-pong buffer under DATAFLOW).
//
// A packet that is too short or too long is dropped whole, so no unit behind ever sees a part of it;
// `dropped` counts those since reset (0: no error so far). Cycles: one per beat.
template <class Cfg>
void receive_packet(hls::stream<axis_t>& in, word_t packet[Cfg::BEATS_IN], word_t& dropped) {
    static word_t total = 0;
#pragma HLS RESET variable=total
    bool good = false;
packets:
    while (!good) {
        int beats = 0;  // saturates one above BEATS_IN
        bool last = false;
    beats_of_packet:
        while (!last) {
#pragma HLS PIPELINE II=1
#pragma HLS LOOP_TRIPCOUNT min=Cfg::BEATS_IN max=Cfg::BEATS_IN
            const axis_t beat = in.read();
            if (beats < Cfg::BEATS_IN) packet[beats] = beat.data;
            if (beats <= Cfg::BEATS_IN) ++beats;
            last = beat.last;
        }
        good = beats == Cfg::BEATS_IN;
        if (!good) ++total;
    }
    dropped = total;
}

constexpr int common_divisor(int a, int b) {
    return b == 0 ? a : common_divisor(b, a % b);
}

// SLOTS slots per 32-bit word -> beats of LANES values of type out_t, in the order they came.
//
// Each step moves STEP = gcd(LANES, SLOTS) values, so a step reads at most one word and writes at
// most one beat. The padding after the last value is not read. Cycles: VALUES / STEP.
template <class Cfg>
void unpack(const word_t packet[Cfg::BEATS_IN], hls::stream<typename Cfg::out_beat_t>& out) {
    constexpr int SLOTS = Cfg::SLOTS;
    constexpr int STEP = common_divisor(Cfg::LANES, SLOTS);
    using slot_t = ap_uint<32 / SLOTS>;
    static_assert(Cfg::VALUES % Cfg::LANES == 0, "whole beats only");
    static_assert(Cfg::out_beat_t::width == Cfg::LANES * Cfg::out_t::width, "beat of LANES values");
    typename Cfg::out_beat_t beat = 0;
    int lane = 0;
steps:
    for (int value = 0; value < Cfg::VALUES; value += STEP) {
#pragma HLS PIPELINE II=1
        const word_t word = packet[value / SLOTS];
    values:
        for (int i = 0; i < STEP; ++i) {
#pragma HLS UNROLL
            const slot_t slot = get_lane<slot_t>(word, value % SLOTS + i);
            set_lane(beat, lane + i, typename Cfg::out_t(slot));
        }
        lane += STEP;
        if (lane == Cfg::LANES) {
            out.write(beat);
            lane = 0;
        }
    }
}
