"""Hand-made faults of the HLS kernels, as mutants_base.py has them: `unit` is the kernel's file.

A mutant is an expression, or a whole statement where it ends with `;`. hls_mutants.py runs them.
"""

from __future__ import annotations

from mutants_base import Mutant

ARITH = [
    Mutant("arith", "no lower clamp", "if («shifted < LOW») return", "false"),
    Mutant("arith", "no upper clamp", "if («shifted > HIGH») return", "false"),
    Mutant("arith", "rounds up", "const Acc shifted = «acc >> SHIFT_USED»;", "acc - (-acc >> SHIFT_USED) - acc"),
    Mutant("arith", "shift one short", "const Acc shifted = «acc >> SHIFT_USED»;",
           "acc >> (SHIFT_USED > 0 ? SHIFT_USED - 1 : 1)"),
    Mutant("arith", "next weight of the word", "word >> («i % weights_per_word<Weight>()» *", 
           "(i + 1) % weights_per_word<Weight>()"),
    Mutant("arith", "first word of every row", "Rom::weight(row, «i / weights_per_word<Weight>()»)", "0"),
]
BITS = [
    Mutant("bits", "every set bit is the lowest", "bits[i] && «(bits & below) == 0»;", "true"),
    Mutant("bits", "position one too high", "if (one[i]) position |= ap_uint<INDEX_BITS>(«i»);", "i + 1"),
]
PACKET = [
    Mutant("packet", "data after the end of a transfer", "if («!tag.last») { const axis_t taken", "true"),
    Mutant("packet", "a cut sample is whole", "«tag.invalid |= tag.last;»", ";"),
    Mutant("packet", "every sample is cut", "«tag.invalid |= tag.last;»", "tag.invalid = 1;"),
    Mutant("packet", "filled up with the last beat", "«word = 0;» if", ";"),
    Mutant("packet", "last lost at the input", "tag.last = «is_last(taken)»;", "false"),
    Mutant("packet", "slots from the top", "get_lane<slot_t>(word, «i»)", "Cfg::SLOTS - 1 - i"),
    Mutant("packet", "a word twice", "«word >>= STEP * slot_t::width % 32;»", ";"),
    Mutant("packet", "a word too late", "«slot + STEP == Cfg::SLOTS» ? 0", "slot + STEP > Cfg::SLOTS"),
    Mutant("packet", "a beat too early", "if («lane == Cfg::LANES») {", "lane >= 1"),
    Mutant("packet", "lanes swapped", "set_lane(beat, «lane + i»,", "Cfg::LANES - 1 - lane - i"),
    Mutant("packet", "a cut sample keeps its class", "out.write(output_beat(«is_class && tag.invalid» ?", "false"),
    Mutant("packet", "logits of a cut sample replaced", "out.write(output_beat(«is_class && tag.invalid» ?",
           "bool(tag.invalid)"),
    Mutant("packet", "last with no result", ": result, «is_class && tag.last»));", "false"),
    Mutant("packet", "last with every result", ": result, «is_class && tag.last»));", "is_class"),
    Mutant("packet", "last with every beat", ": result, «is_class && tag.last»));", "bool(tag.last)"),
    Mutant("packet", "errors not counted", "if («tag.invalid») ++errors;", "false"),
    Mutant("packet", "transfers counted as errors", "if («tag.invalid») ++errors;", "tag.last"),
    Mutant("axis", "bytes not kept", "«beat.keep = -1;»", "beat.keep = 7;"),
    Mutant("axis", "bytes without a strobe", "«beat.strb = -1;»", "beat.strb = 14;"),
]
DWCONV = [
    Mutant("dwconv", "columns of another group", "window[row][1] = columns[row][1][«group»];",
           "(group + 1) % Cfg::GROUPS"),
    Mutant("dwconv", "window stands still", "«columns[row][0][group] = window[row][1];»", ";"),
    Mutant("dwconv", "rows not moved up", "«above[0][newest] = column[1];»", ";"),
    Mutant("dwconv", "row above is the newest", "above[1][newest] = «column[2]»;", "column[1]"),
    Mutant("dwconv", "left border not masked", "column_in[3] = {«x > 0»,", "true"),
    Mutant("dwconv", "right border not masked", "true, «x < Cfg::WIDTH - 1»};", "true"),
    Mutant("dwconv", "upper border not masked", "row_in[3] = {«y > 2»,", "true",
           "the zeros after a sample lie above the next one; not so after a reset inside a sample"),
    Mutant("dwconv", "lower border not masked", "true, «y <= Cfg::HEIGHT»};", "true",
           "below the last row lie the zeros that push it out"),
    Mutant("dwconv", "weights of the next row", "taps, «group * STEPS + step», step == 0", 
           "(group * STEPS + step + 1) % (GROUPS * STEPS)"),
    Mutant("dwconv", "sum kept for the next beat", "acc[lane] = («begins» ?", "false"),
    Mutant("dwconv", "a dead valid", "if («y >= 2» && y % Cfg::STRIDE", "y > 2"),
    Mutant("dwconv", "a beat left in the stream", "«beat < BEATS_IN» ? in.read()", "beat < BEATS_IN - 1"),
    Mutant("dwconv", "row one beat short", "newest == «ROW_BEATS - 1» ?", "ROW_BEATS - 2"),
]
PWCONV = [
    Mutant("pwconv", "bias with every beat", "bias, «group == 0», acc", "true"),
    Mutant("pwconv", "sum kept for the next pixel", "bias, «group == 0», acc", "pixel == 0 && group == 0"),
    Mutant("pwconv", "a beat's products alone", "(«begins» ? bias[output] :", "true"),
    Mutant("pwconv", "a pass early", "if («group == GROUPS - 1») out.write", "group == 0"),
    Mutant("pwconv", "weights of another pass", "(beat, «pass * GROUPS + group», dots)", "group"),
    Mutant("pwconv", "biases of the first pass", "Rom::start(«pass * Cfg::PE + output»)", "output"),
    Mutant("pwconv", "beats not kept", "«if (PASSES > 1) kept[group] = beat;»", ";"),
    Mutant("pwconv", "the first values over and over", "«if (BEATS > 1) rest >>= Cfg::out_beat_t::width;»", ";"),
    Mutant("pwconv", "weights of the next lane", "(row, «output * Cfg::LANES + lane»)",
           "output * Cfg::LANES + (lane + 1) % Cfg::LANES"),
]
PACKED_DOT = [
    Mutant("packed_dot", "a field begins at 0", "pack::F) = «(int64_t(1) << (pack::F - 1)) - 1»;", "0"),
    Mutant("packed_dot", "a field begins one too high", "pack::F) = «(int64_t(1) << (pack::F - 1)) - 1»;",
           "int64_t(1) << (pack::F - 1)"),
    Mutant("packed_dot", "second weight left out", "if («first + i < OUTPUTS») word", "i == 0 && first + i < OUTPUTS"),
    Mutant("packed_dot", "weights one bit too low", "<< («i * pack::F»);", "i * (pack::F - 1)"),
    Mutant("packed_dot", "weights of the first slice", "(weight[«first + i»][lane])", "i"),
    Mutant("packed_dot", "values of the first lane", "word * x[«lane»];", "0"),
    Mutant("packed_dot", "the last lane alone", "«sum += typename pack::sum_t(product);»",
           "sum = typename pack::sum_t(product);"),
    Mutant("packed_dot", "sign not turned over", "«field[pack::F - 1] = !field[pack::F - 1];»", ";"),
    Mutant("packed_dot", "one less", "«ap_int<pack::F>(field) + 1»;", "ap_int<pack::F + 1>(ap_int<pack::F>(field))"),
]
ENCODER = [
    Mutant("encoder", "silent ones are listed", "if («x != 0») {", "true"),
    Mutant("encoder", "a list that ends too soon", "«entry[Cfg::INDEX_W] = occupied[tick];»",
           "entry[Cfg::INDEX_W] = 0;"),
    Mutant("encoder", "a list without an end", "«entry[Cfg::INDEX_W] = occupied[tick];»",
           "entry[Cfg::INDEX_W] = j != 0;"),
    Mutant("encoder", "newest not forwarded", "«tick == last_tick» ? last", "false",
           "C simulation reads what was written just before; the hardware's memory would not"),
    Mutant("encoder", "follows the last one always", "«tick == last_tick» ? last", "true"),
    Mutant("encoder", "head of the list kept", "«head[tick] = j;»", "if (!occupied[tick]) head[tick] = j;"),
    Mutant("encoder", "head of the same tick", "head[«tick + 1»]", "tick"),
    Mutant("encoder", "lists of a sample before", "«occupied >>= 1;»", ";"),
    Mutant("encoder", "one tick more", "event.last = !more && tick == «Cfg::WINDOW - 1»;", "Cfg::WINDOW - 2"),
    Mutant("encoder", "silent features counted", "«++count;» } } counted", "count += 2;"),
]
ENCODE = [
    Mutant("encode", "v_min not taken off", "«feature - Cfg::V_MIN»", "feature - 0"),
]
INTEGRATE = [
    Mutant("integrate", "spikes that are none", "if («event.spike») slope", "true"),
    Mutant("integrate", "ticks that are none", "if («event.tick») acc", "true"),
    Mutant("integrate", "slope of one spike", "«slope[i] += weight;»", "slope[i] = weight;"),
    Mutant("integrate", "an event too few", "last = «event.last»;", "event.last || event.index == 3"),
]
LAYER = [
    Mutant("b1_layer", "fires above, not at the threshold", "reached[i] = «potential[i] >= 0»;", "potential[i] > 0"),
    Mutant("b1_layer", "fires at every tick", "out.write(«reached & ~fired»);", "reached"),
    Mutant("b1_layer", "potential stands still",
           "«potential[i] += Acc(int64_t(1) << SHIFT);»", ";"),
    Mutant("b1_layer", "groups but the first lost", "«rest = pending & ~lowest;» group_t word;", "rest = 0;"),
    Mutant("b1_layer", "group of the neighbour", "word.group = «position_of<bits_for(group_t::COUNT)>(lowest)»;",
           "position_of<bits_for(group_t::COUNT)>(lowest) ^ 1"),
    Mutant("b1_layer", "tick with each group", "word.tick = «rest == 0»;", "true"),
    Mutant("b1_layer", "tick with each spike", "event.tick = «word.tick && rest == 0»;", "word.tick"),
    Mutant("b1_layer", "an empty tick is a spike", "event.spike = «pending != 0»;", "true"),
    Mutant("b1_layer", "last with a group's first spike", "last = «word.last && rest == 0»;", "word.last"),
    Mutant("b1_layer", "spikes not counted", "«count += event.spike;»", "count = event.spike;"),
]
FOLDED = [
    Mutant("integrate_folded", "an event for each fold", "if («fold == 0») event", "true"),
    Mutant("integrate_folded", "slopes of the window before", "slope[i] = «opens» ?", "false"),
    Mutant("integrate_folded", "slopes always zero", "slope[i] = «opens» ?", "true"),
    Mutant("integrate_folded", "potentials of the window before", "potential[i] = «opens» ?", "false"),
    Mutant("integrate_folded", "starts of the first fold", "Rom::start(«fold * Cfg::PE + i»)", "i"),
    Mutant("integrate_folded", "rows of the first fold", "(event, «event.index * FOLDS + fold»,",
           "event.index * FOLDS"),
    Mutant("integrate_folded", "rows as if not folded", "(event, «event.index * FOLDS + fold»,", "event.index"),
    Mutant("integrate_folded", "slopes not kept", "«slopes[fold][i] = slope[i];»", ";"),
    Mutant("integrate_folded", "potentials not kept", "«acc[fold][i] = potential[i];»", ";"),
    Mutant("integrate_folded", "ends with the last event's first pass", "done = «whole && event.last»;", "event.last"),
    Mutant("integrate_folded", "opens for one pass", "if («whole») opens", "true"),
    Mutant("integrate_folded", "the last fold left out", "fold = «whole» ?", "fold >= FOLDS - 2"),
    Mutant("b1_layer_folded", "potentials of the first fold", "potential[i] = potentials[«fold»][i];", "0"),
    Mutant("b1_layer_folded", "potentials stand still", "«potentials[fold][i] = potential[i];»", ";"),
    Mutant("b1_layer_folded", "bits of the next fold", "if («k == fold») set_lane", "k == (fold + 1) % FOLDS"),
    Mutant("b1_layer_folded", "a tick's last fold left out", "if («fold == FOLDS - 1») {", "fold == FOLDS - 2"),
    Mutant("b1_layer_folded", "fires at every tick", "out.write(«reached & ~fired»);", "reached"),
    Mutant("b1_layer_folded", "fires for ever", "«fired = reached;»", "fired |= reached >> 1;"),
]
EARLINESS = [
    Mutant("earliness", "last with a group's first spike", "last = «group.last && rest == 0»;", "group.last"),
    Mutant("earliness", "earliness of the group's first", "if («lowest[i]») event.x", "i == 0"),
    Mutant("earliness", "index inside the group", "event.index = «group.first + position_of<INDEX_BITS>(lowest)»;",
           "position_of<INDEX_BITS>(lowest)"),
    Mutant("earliness", "the last neuron counted, fired or not", "if («event.x != 0») ++count;", "true"),
    Mutant("earliness", "an event for each fold", "if («begins && fold == 0») event", "begins"),
    Mutant("earliness", "a digit too few", "(«rest == 0 && !carry»);", "rest == 0"),
    Mutant("earliness", "carry lost", "carry = «low >= 3»;", "false"),
    Mutant("earliness", "three is three", "return «digit == 3» ?", "false"),
    Mutant("earliness", "weight doubled, not times four", "Acc(«weight << 2»);", "weight << 1"),
    Mutant("earliness", "two is one", "term = «digit == 2» ?", "false"),
    Mutant("earliness", "rows of the first fold", "(«event.index * FOLDS + fold», i)", "event.index * FOLDS"),
    Mutant("earliness", "biases of the first fold", "Rom::start(«fold * Cfg::PE + i»)", "i"),
    Mutant("earliness", "bias with each event", "part[i] = («opens && begins» ? bias", "begins"),
    Mutant("earliness", "sums of the sample before", "part[i] = («opens && begins» ? bias", "false"),
    Mutant("earliness", "sums not kept", "if («FOLDS == 1 || ends») sums", "FOLDS == 1"),
    Mutant("earliness", "one event and no more", "done = «whole && event.last»;", "whole"),
    Mutant("encoder_earliness", "last feature not sent", "«beat == BEATS - 1 && lane == Cfg::LANES - 1»);", "false"),
    Mutant("encoder_earliness", "silent features sent", "= «x != 0» || (beat", "true",
           "a spike with x = 0 is none, and only costs time"),
    Mutant("encoder_earliness", "index of the beat", "first += «Cfg::LANES»;", "1"),
    Mutant("b1_layer_earliness", "last neuron not sent", "«last && i == Cfg::PE - 1»);", "false"),
    Mutant("b1_layer_earliness", "last neuron of each group sent", "(«last && i == Cfg::PE - 1»);", "i == Cfg::PE - 1",
           "a spike with x = 0 is none, and only costs time"),
    Mutant("b1_layer_earliness", "first of the fold", "word.first = «fold * Cfg::PE + group * fire::SIZE»;",
           "group * fire::SIZE"),
]
LOGITS = [
    Mutant("logits", "a tie to the highest class", "|| «logit > largest») {", "logit >= largest"),
    Mutant("logits", "the lowest wins", "|| «logit > largest») {", "logit < largest"),
    Mutant("logits", "largest of zero and the logits", "if («index == 0» ||", "false"),
    Mutant("logits", "no sign extension", "word_t(«ap_int<32>(logit)»)", "ap_int<32>(logit) & 0xffff"),
]
MUTANTS = [*ARITH, *BITS, *PACKET, *DWCONV, *PWCONV, *PACKED_DOT, *ENCODER, *ENCODE, *INTEGRATE, *LAYER, *FOLDED,
           *EARLINESS, *LOGITS]
