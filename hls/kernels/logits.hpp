// The end of both read-outs: logits and class.
#pragma once

#include "arith.hpp"
#include "stream.hpp"

// FOLDS * PE logits, sign-extended, one per word; then the class, the lowest index on a tie.
// Cycles: one per logit, and the class.
template <int FOLDS, int PE, class Acc>
void send_logits(const Acc sums[FOLDS][PE], hls::stream<word_t>& out) {
    HLS(INLINE)
    static_assert(Acc::width <= 32, "a logit fits in a beat");
    count_t<FOLDS * PE> index = 0, best = 0;
    Acc largest = 0;
folds:
    for (int fold = 0; fold < FOLDS; ++fold) {
    logits:
        for (int i = 0; i < PE; ++i) {
            HLS(PIPELINE, II=1)
            const Acc logit = sums[fold][i];
            if (index == 0 || logit > largest) {
                largest = logit;
                best = index;
            }
            out.write(word_t(ap_int<32>(logit)));
            ++index;
        }
    }
    out.write(word_t(best));
}
