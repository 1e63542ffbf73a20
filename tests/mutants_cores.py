"""Faults inside the units of the cores shift and dsp: see mutants_units.py."""

from __future__ import annotations

from mutants_base import Mutant, unreset

FOUR_BITS = "the lower digit of four bits of time is never so; tests/test_rtl_earliness.py has more of them"
STORE = "a sample of this network never fills it; tests/test_rtl_earliness.py notices it"

ENCODER = [
    Mutant("encoder_earliness", "ready for ever", "s_axis_tready = «room»;", "1'b1"),
    Mutant("encoder_earliness", "v_min ignored", "- «(IN_W + 1)'(V_MIN)»;", "'0"),
    Mutant("encoder_earliness", "beats that are not there", "put_valid_q <= «accept»;", "1'b1"),
    Mutant("encoder_earliness", "last with each beat", "put_last_q <= «s_axis_tlast»;", "1'b1"),
    Mutant("encoder_earliness", "features counted in a stall", "if («accept») base_q", "s_axis_tready"),
    Mutant("encoder_earliness", "features counted through samples",
           "base_q <= «s_axis_tlast ? 0 : base_q + INDEX_W'(LANES)»;", "base_q + INDEX_W'(LANES)"),
    Mutant("encoder_earliness", "silent last beat dropped", "(«put_last_q || put_xs_q != 0»)", "put_xs_q != 0"),
    Mutant("encoder_earliness", "silent last feature not sent", "«fires || beat_last» : fires", "fires",
           "x = 0 is sent all the same, with another index; tests/test_rtl_earliness.py notices it"),
    Mutant("encoder_earliness", "last feature of each beat sent", "fires || «beat_last» : fires", "1'b1",
           "events with x = 0 cost cycles and change nothing; tests/test_rtl_earliness.py notices it"),
    Mutant("encoder_earliness", "lanes sent again", "pending[lane] = «!sent_q[lane]» &&", "1'b1"),
    Mutant("encoder_earliness", "one spike per beat", "beat_done = advance && «rest == 0»;", "1'b1"),
    Mutant("encoder_earliness", "beat leaves in a stall", "beat_done = «advance» && rest == 0;", "1'b1"),
    Mutant("encoder_earliness", "index of lane 0", "index = base + «INDEX_W'(lane)»;", "'0"),
    Mutant("encoder_earliness", "event changes in a stall", "if («advance») begin event_valid_q", "1'b1"),
    Mutant("encoder_earliness", "valid for ever", "event_valid_q <= «beat_valid»;", "1'b1"),
    Mutant("encoder_earliness", "last with each spike of the last beat", "event_last_q <= beat_last && «rest == 0»;",
           "1'b1"),
    Mutant("encoder_earliness", "sent kept for the next beat", "sent_q <= «!beat_valid || rest == 0» ? 0",
           "!beat_valid"),
    Mutant("encoder_earliness", "lanes of a beat that is not there", "sent_q <= «!beat_valid» || rest == 0 ? 0",
           "1'b0"),
    *unreset("encoder_earliness", "put_valid_q <= 1'b0;", "base_q <= 0;"),
    Mutant("encoder_earliness", "no reset: event_valid_q", "if («rst») event_valid_q", "1'b0"),
]

FIFO = [
    Mutant("fifo", "never full", "room_q <= «count_q <= (PLACE_W + 1)'(DEPTH - MARGIN)»;", "1'b1"),
    Mutant("fifo", "taken in a stall", "get = some_q && («!valid_q || m_axis_tready»);", "1'b1"),
    Mutant("fifo", "taken while empty", "get = «some_q» &&", "1'b1"),
    Mutant("fifo", "valid kept", "«get || m_axis_tready») valid_q", "get"),
    Mutant("fifo", "put stands still", "put_q <= «put_q + 1'b1»;", "put_q"),
    Mutant("fifo", "get stands still", "get_q <= «get_q + 1'b1»;", "get_q"),
    Mutant("fifo", "empty while there is one", "some_q <= «count != 0»;", "count > 1"),
    Mutant("fifo", "writes what is not there", "if («push») begin words", "1'b1"),
    Mutant("fifo", "last lost", "words[put_q] <= {«last», word};", "1'b0"),
    *unreset("fifo", "«put_q <= 0;» get_q", "get_q <= 0;", "count_q <= 0;", "some_q <= 1'b0;", "valid_q <= 1'b0;"),
    *unreset("fifo", "room_q <= 1'b0;", same="there is room in the cycle after reset, too"),
]

STEPS = [
    Mutant("spike_steps", "next sample's events taken", "event_ready = «open_q» &&", "1'b1"),
    Mutant("spike_steps", "event taken in every step", "(«pass_ends && last_pass»));", "1'b1"),
    Mutant("spike_steps", "event taken in every pass", "(pass_ends && «last_pass»));", "1'b1"),
    Mutant("spike_steps", "beats that are not there", "accept = «event_valid» &&", "1'b1"),
    Mutant("spike_steps", "one step less", "highest = LEFT_W'(«(b + 1) / 4»);", "b / 4"),
    Mutant("spike_steps", "steps of the first pass only", "left_q <= pass_ends ? «highest_q» :", "'0"),
    Mutant("spike_steps", "pass stands still", "fold_q <= «fold_q + 1'b1»;", "fold_q"),
    Mutant("spike_steps", "weights of the first pass", "address_q <= «address_q + 1'b1»;", "address_q"),
    Mutant("spike_steps", "active for ever", "if («last_pass») active_q", "1'b0"),
    Mutant("spike_steps", "never begins", "begins_q <= «pass_ends»;", "1'b0"),
    Mutant("spike_steps", "every event is the first", "fresh_q <= «begin_q»;", "1'b1"),
    Mutant("spike_steps", "no event is the first", "fresh_q <= «begin_q»;", "1'b0"),
    Mutant("spike_steps", "last with each event", "last_q <= «event_last»;", "1'b1"),
    Mutant("spike_steps", "pass of the last event", "fold_q <= «0»;", "fold_q"),
    Mutant("spike_steps", "never closed", "if («event_last») open_q", "1'b0"),
    Mutant("spike_steps", "never opened", "if («reopen») open_q", "1'b0"),
    Mutant("spike_steps", "final with each pass", "last_q && «last_pass» && pass_ends, fold_q", "1'b1"),
    Mutant("spike_steps", "final with each step", "last_q && last_pass && «pass_ends», fold_q", "1'b1"),
    Mutant("spike_steps", "digits in the other order", "padded[4*«left_q»+:5]", "(highest_q - left_q)"),
    *unreset("spike_steps", "active_q <= 1'b0; «begin_q <= 1'b1;»", "«open_q <= 1'b1;» end end", "step_q <= 1'b0;",
             "step2_q <= 1'b0;"),
    *unreset("spike_steps", "«active_q <= 1'b0;» begin_q"),
]

PRODUCTS = [
    Mutant("spike_products", "x unsigned no longer", "factor = {«1'b0», x_q};", "x_q[TIME_W-1]"),
    Mutant("spike_products", "weights of another neuron (dsp)", "[WEIGHT_W-1:0] weight = row[«i*WEIGHT_W»+:WEIGHT_W];",
           "(PE-1-i)*WEIGHT_W"),
    Mutant("spike_products", "weights of another neuron (shift)", "TERM_W'($signed(row[«i*WEIGHT_W»+:WEIGHT_W]));",
           "(PE-1-i)*WEIGHT_W"),
    Mutant("spike_products", "begins a step early", "begins2_q <= «begins_q»;", "begins"),
    Mutant("spike_products", "minus lost", "minus_q <= «{digits[4], digits[2]}»;", "2'b00"),
    Mutant("spike_products", "minus of the next step", "minus2_q <= «minus_q»;", "{digits[4], digits[2]}"),
    Mutant("spike_products", "minus of d_1 without its one", ": product_q, 1'b0, «minus2_q[1]», 1'b0,", "1'b0"),
    Mutant("spike_products", "minus of d_0 without its one", "1'b0, «minus2_q[0]»});", "1'b0"),
    Mutant("spike_products", "once for twice", "twice_q[1] ? «weight << 1» : '0", "weight"),
    Mutant("spike_products", "twice with each minus", "digits[2] ? «digits[1:0] == 2'b00» :", "1'b1", FOUR_BITS),
    Mutant("spike_products", "plus two lost", "2'b00 : «digits[1:0] == 2'b11»};", "1'b0", FOUR_BITS),
    Mutant("spike_products", "product of the last spike kept", "{«begins2_q» ? PRODUCT_W'(0)", "1'b0"),
    Mutant("spike_products", "d_1 weighs as d_0", "(PAIR_W'(high) << «2») +", "0"),
]

NEURONS = [
    Mutant("neurons", "put a cycle early", "put_q <= «ends_q[LATENCY]»;", "LATENCY == 1 ? step && ends : ends_q[1]"),
    Mutant("neurons", "put with each step", "LATENCY'({ends_q, step && «ends»});", "1'b1"),
    Mutant("neurons", "adds in pauses", "LATENCY'({ends_q, «step» && ends});", "1'b1"),
    Mutant("neurons", "bias never loaded", "fresh_q <= «step && ends && fresh»;", "1'b0"),
    Mutant("neurons", "bias loaded with each event", "fresh_q <= step && ends && «fresh»;", "1'b1"),
    Mutant("neurons", "done a cycle early", "done = «final_q[LATENCY+2]»;", "final_q[LATENCY+1]"),
    Mutant("neurons", "no bias (dsp)", "(begin_q ? «bias» : sum_q)", "'0"),
    Mutant("neurons", "no bias (shift)", "if (begin_q) sum_q <= «bias»;", "'0"),
    *unreset("neurons", "final_q <= 0;"),
]

FOLDED = [
    Mutant("neurons_folded", "sums of the last sample kept", "fresh_q <= «late_fresh && !done_q»;", "1'b0"),
    Mutant("neurons_folded", "sums lost with each event", "fresh_q <= «late_fresh» && !done_q;", "1'b1"),
    Mutant("neurons_folded", "sums lost while unloaded", "fresh_q <= late_fresh && «!done_q»;", "1'b1"),
    Mutant("neurons_folded", "sums of the next pass", "put_fold_q <= «fold_q»;", "late_fold"),
    Mutant("neurons_folded", "one row unloaded", "fold_q <= done_q ? «unload_fold_q» : late_fold;", "'0"),
    Mutant("neurons_folded", "written with each step", "LATENCY'({ends_q, step && «ends»});", "1'b1"),
    Mutant("neurons_folded", "written in pauses", "LATENCY'({ends_q, «step» && ends});", "1'b1"),
    Mutant("neurons_folded", "unloads the first of a row", "if («lane2_q == LANE_W'(lane)») one =", "1'b0"),
    Mutant("neurons_folded", "no bias", "sum_q <= one_q + «bias»;", "'0"),
    Mutant("neurons_folded", "bias of the next neuron", ".address(«index1_q»)", "index_q"),
    Mutant("neurons_folded", "never done", "if («final_q[LATENCY+1]») done_q", "1'b0"),
    Mutant("neurons_folded", "done for ever", "if («take && all») done_q", "1'b0"),
    Mutant("neurons_folded", "never reopened", "reopen_q <= «take && all»;", "1'b0"),
    Mutant("neurons_folded", "reopened at once", "reopen_q <= «take && all»;", "1'b1"),
    Mutant("neurons_folded", "last with each row", "all = «row_ends && unload_fold_q == FOLD_W'(FOLDS - 1)»;",
           "row_ends"),
    Mutant("neurons_folded", "rows never end", "lane_q <= «row_ends» ? 0", "1'b0"),
    *unreset("neurons_folded", "done_q <= 1'b0; «final_q <= 0;»", "«reopen_q <= 1'b0;» valid_q", "valid_q <= 0;",
             "lane_q <= 0;", "index_q <= 0;", "«unload_fold_q <= 0;» end end", "«done_q <= 1'b0;» final_q"),
]

FIRE = [
    Mutant("fire", "negative sums fire", "1'b1 : «!tick[KEPT_W-1]» && tick != 0;", "1'b1"),
    Mutant("fire", "silent ones are sent", "!tick[KEPT_W-1] && «tick != 0»;", "1'b1"),
    Mutant("fire", "silent last one is not sent", "i == NEURONS - 1 ? «1'b1» :", "!tick[KEPT_W-1] && tick != 0"),
    Mutant("fire", "sends without a start", "if («start») any_q", "1'b1"),
    Mutant("fire", "who fires is not noted", "if («start») fires_q", "1'b0"),
    Mutant("fire", "group lost", "if («take_group || !next_valid_q») begin next_q", "1'b1"),
    Mutant("fire", "group again", "any_q <= «other»;", "any_q"),
    Mutant("fire", "next group before this one is sent", "(«send && rest == 0»));", "send"),
    Mutant("fire", "sends without room", "send = «room» &&", "1'b1", STORE),
    Mutant("fire", "sends nothing", "send = room && «pending_q != 0»;", "1'b1"),
    Mutant("fire", "spikes of the first group", "if («next_q == GROUP_W'(g)») begin", "1'b0"),
    Mutant("fire", "pending never moves", "pending_q <= «rest»;", "pending_q"),
    Mutant("fire", "index of the group", "INDEX_W'({group_q, «lane»});", "3'd0"),
    Mutant("fire", "last with each group", "last_q <= «group_q == GROUP_W'(GROUPS - 1)» && rest == 0;", "1'b1"),
    Mutant("fire", "last with each spike of the last group", "(GROUPS - 1) && «rest == 0»; tick_q", "1'b1"),
    Mutant("fire", "finished never", "finished_q <= «take_group && next_q == GROUP_W'(GROUPS - 1)»;", "1'b0"),
    *unreset("fire", "any_q <= 0;", "next_valid_q <= 1'b0;", "pending_q <= 0;", "finished_q <= 1'b0;",
             "finished_q <= 1'b0; «valid_q <= 1'b0;»"),
]

LAYERS = [
    Mutant("b1_layer_earliness", "silent ones are sent", "push = valid_q && («last_q || x_q != 0»);", "1'b1"),
    Mutant("b1_layer_earliness", "silent last one is not sent", "push = valid_q && («last_q» || x_q != 0);", "1'b0"),
    Mutant("b1_layer_earliness", "sends what is not there", "push = «valid_q» &&", "1'b1"),
    Mutant("b1_layer_earliness", "unloads without room", ".unload(«room && done»)", "done", STORE),
    Mutant("b1_layer_earliness", "no reset: valid_q", "if («rst») valid_q", "1'b0"),
    Mutant("readout_earliness", "unloads before the sums are there", "take = («done || done_q») && room;", "1'b1"),
    Mutant("readout_earliness", "first logit twice", "done_q <= 1'b1; if («take && all») done_q", "1'b0"),
    Mutant("readout_earliness", "never reopened", "reopen_q <= «take && all»;", "1'b0"),
    Mutant("readout_earliness", "logits of class 0", "if («index_q == CLASS_W'(i)») one =", "1'b0"),
    Mutant("readout_earliness", "class with each logit", "class_q <= sum_valid && «sum_last»;", "1'b1"),
    Mutant("readout_earliness", "maximum of the last sample", "(«sum_index == 0» || sum > maximum_q)", "1'b0"),
    Mutant("readout_earliness", "a tie to the highest class", "|| «sum > maximum_q»)", "sum >= maximum_q",
           "no sample of this network ends in a tie; tests/test_rtl_earliness.py notices it"),
    Mutant("readout_earliness", "the lowest wins", "|| «sum > maximum_q»)", "sum < maximum_q"),
    Mutant("readout_earliness", "maximum follows each logit", "maximum_q <= «sum»;",
           "sum_index == 0 ? sum : maximum_q"),
    Mutant("readout_earliness", "no sign", "«WORD_W'(sum)»), .last", "WORD_W'({1'b0, sum[ACC_W-2:0]})"),
    *unreset("readout_earliness", "if (rst) begin «done_q <= 1'b0;»", "«reopen_q <= 1'b0;» valid_q", "valid_q <= 1'b0;",
             "index_q <= 0;"),
    Mutant("readout_earliness", "no reset: class_q", "if («rst») class_q", "1'b0"),
]

CORES = [*ENCODER, *FIFO, *STEPS, *PRODUCTS, *NEURONS, *FOLDED, *FIRE, *LAYERS]
