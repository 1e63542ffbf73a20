"""Physical dimensions as files spell them."""

from __future__ import annotations

import unicodedata

from base.errors import expected

_MICROVOLT = {"uv": 1.0, "microvolt": 1.0, "microvolts": 1.0, "nv": 1e-3, "nanovolt": 1e-3, "v": 1e6, "volt": 1e6,
              "volts": 1e6, "millivolt": 1e3, "millivolts": 1e3}


def microvolt(unit: str, where: str) -> float:
    """How many microvolt one of `unit` is.

    Spaces around it and case do not matter, but for mV, which could be megavolt in capitals; µ is one of its two
    signs in Unicode, or u. Raises UserError, naming `where`, on any other spelling, a blank one too.
    """
    name = unicodedata.normalize("NFKC", unit).strip().replace("μ", "u")  # NFKC makes the micro sign a Greek letter
    if name.startswith("m") and name.lower() == "mv":
        return 1e3
    factor = _MICROVOLT.get(name.lower())
    if factor is None:
        raise expected(f"{where}: unit", repr(unit), "uV, µV, mV, V or nV")
    return factor
