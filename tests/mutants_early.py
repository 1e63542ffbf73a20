"""Faults inside the read-out that decides early: see mutants_units.py."""

from __future__ import annotations

from mutants_base import Mutant, unreset

UNIT = "readout_early"
EARLY = [
    Mutant(UNIT, "ready for ever", "s_axis_tready = «open_q»;", "1'b1"),
    Mutant(UNIT, "window never closed", "if («accept && s_axis_tlast») open_q", "1'b0"),
    Mutant(UNIT, "window closed by each event", "if (accept && «s_axis_tlast») open_q", "1'b1"),
    Mutant(UNIT, "opened before the window has ended", "reload = «!open_q» &&", "1'b1"),
    Mutant(UNIT, "opened before the class was sent", "(«answered_q || (sent && last_q)»);", "1'b1"),
    Mutant(UNIT, "answer forgotten", "(«answered_q» || (sent && last_q));", "1'b0"),
    Mutant(UNIT, "events that are not there", "counts = «accept» &&", "1'b1"),
    Mutant(UNIT, "rest of the window integrated", "counts = accept && «!decided_q»;", "1'b1",
           "what was decided is kept, and the next window begins from START: only more toggles"),
    Mutant(UNIT, "a tick with each event", "counts && «s_axis_tdata[IN_INDEX_W+1]»};", "1'b1"),
    Mutant(UNIT, "spikes counted in empty ticks", "counts && «s_axis_tdata[IN_INDEX_W]»};", "1'b1"),
    Mutant(UNIT, "potentials a cycle early", "before_q <= «potential»;", "potential ^ {CLASSES*ACC_W{1'b1}}"),
    Mutant(UNIT, "logits of a later tick", "tested_q <= «before_q»;", "potential"),
    Mutant(UNIT, "logits not kept", "if («!decided_q») kept_q", "1'b1"),
    Mutant(UNIT, "leads do not shrink", "need_q <= «need_q - NEED_W'(RATE)»;", "need_q"),
    Mutant(UNIT, "nor those of later classes", "minus_q <= «minus_q + NEED_W'(RATE)»;", "minus_q"),
    Mutant(UNIT, "they shrink with each cycle", "if («tick_q[5]») begin need_q", "1'b1"),
    Mutant(UNIT, "a lead too many", "above_q <= «difference_q >= need_q»;", "difference_q > need_q"),
    Mutant(UNIT, "the same of the later class", "below_q <= «difference_q <= minus_q»;", "difference_q < minus_q"),
    Mutant(UNIT, "lead the wrong way round", "assign ahead[i*CLASSES+k] = «above_q»;", "below_q"),
    Mutant(UNIT, "ahead of one is enough", "first[i] = «&ahead[i*CLASSES+:CLASSES]»;",
           "(ahead[i*CLASSES+:CLASSES] & ~(CLASSES'(1) << i)) != 0"),
    Mutant(UNIT, "decided without a tick", "decided = «tick_q[ENDS]» &&", "1'b1"),
    Mutant(UNIT, "decided again", "tick_q[ENDS] && «!decided_q» &&", "1'b1"),
    Mutant(UNIT, "never at the end", "(«end_q[ENDS]» || first != 0);", "1'b0"),
    Mutant(UNIT, "always at the end", "(end_q[ENDS] || «first != 0»);", "1'b0"),
    Mutant(UNIT, "later spikes count", "seen = spike_q[ENDS] && «!decided_q»;", "1'b1"),
    Mutant(UNIT, "first logit from the tick after", "logit = «tested_q[ACC_W-1:0]»;", "before_q[ACC_W-1:0]"),
    Mutant(UNIT, "other logits from now", "logit = «kept_q[i*ACC_W+:ACC_W]»;", "potential[i*ACC_W+:ACC_W]"),
    Mutant(UNIT, "beat changes in a stall", "if («!valid_q || sent») logit_q", "1'b1"),
    Mutant(UNIT, "last of equals wins", "«logit_q > maximum_q») begin", "logit_q >= maximum_q"),
    Mutant(UNIT, "maximum of the sample before", "if («beat_q == 0» || logit_q", "1'b0"),
    Mutant(UNIT, "valid after the class", "«rst || (sent && last_q)») begin valid_q", "rst"),
    Mutant(UNIT, "ticks of the window before", "«rst || reload») begin tick_q", "rst"),
    Mutant(UNIT, "leads of the window before", "«rst || reload») begin need_q", "rst"),
    *unreset(UNIT, "open_q     <= 1'b1;", "decided_q  <= 1'b0;", "answered_q <= 1'b0;"),
    Mutant(UNIT, "no reset: valid_q", "«rst || (sent && last_q)») begin valid_q", "sent && last_q"),
    Mutant(UNIT, "no reset: the whole window", "«rst || reload») begin open_q", "reload"),
    Mutant(UNIT, "no reset: need_q", "«rst || reload») begin need_q", "reload"),
    Mutant(UNIT, "no reset: tick_q", "«rst || reload») begin tick_q", "reload"),
]
