// The words that travel between the units, and how lanes lie in them.
//
// Value streams carry no TLAST inside the pipeline: a unit's number of beats per sample is a constant of
// its Cfg. Event streams do, since the length of a window in events depends on the data.
#pragma once

#include <ap_int.h>

#include "pragmas.hpp"

using word_t = ap_uint<32>;  // one beat's payload, or one AXI4-Lite register

// What goes around the pipeline with a sample: it ends its transfer; it was filled up with zeros.
struct tag_t {
    ap_uint<1> last;
    ap_uint<1> invalid;
};

// Address event: if `spike`, neuron `index` fires now; then, if `tick`, time advances by one tick.
// A window is exactly WINDOW ticks; `last` marks the event that holds the final one.
template <int INDEX_BITS>
struct spike_event {
    ap_uint<INDEX_BITS> index;
    ap_uint<1> spike;
    ap_uint<1> tick;
    ap_uint<1> last;
};

// Neuron `index` spikes x ticks before its window's end; x = 0: it does not. One for each neuron that spikes, in any
// order, and always one for that order's last neuron, with `last`.
template <int INDEX_BITS, int TIME_BITS>
struct earliness_event {
    ap_uint<INDEX_BITS> index;
    ap_uint<TIME_BITS> x;
    ap_uint<1> last;
};

// Lane i of a beat; lane 0 is in the least significant bits.
template <class T, class Beat>
T get_lane(const Beat& beat, int i) {
    HLS(INLINE)
    return T(beat.range((i + 1) * T::width - 1, i * T::width));
}

template <class T, class Beat>
void set_lane(Beat& beat, int i, const T& value) {
    HLS(INLINE)
    beat.range((i + 1) * T::width - 1, i * T::width) = value;
}
