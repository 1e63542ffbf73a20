"""How a recording is filtered: with all of it at hand, or as it comes.

`zero-phase` runs every filter forth and back, so that no phase moves, and so needs the recording's end. `causal` sees
samples up to now alone (causal.py), as live use does; a network for live use is trained with it.
"""

from __future__ import annotations

from base.errors import expected

ZERO_PHASE, CAUSAL = "zero-phase", "causal"
FILTERS = (ZERO_PHASE, CAUSAL)


def check_filter(kind: str) -> None:
    if kind not in FILTERS:
        raise expected("filter", kind, "one of " + ", ".join(FILTERS))
