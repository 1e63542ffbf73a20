"""Which channel of a device is which electrode of the layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from base.errors import expected
from model.data.formats import channels


def rows(labels: Sequence[str], named: Sequence[str], electrodes: Sequence[str], where: str) -> list[int]:
    """Each electrode's channel. labels: the device's own, perhaps none; named: the user's, ELECTRODES, which go before.

    UserError naming `where` on electrodes without a channel, and on more names than channels.
    """
    if named and len(named) > len(labels):
        raise expected("ELECTRODES", f"{len(named)} names", f"at most {len(labels)}, one for each channel of {where}")
    own = list(named) if named else list(labels)
    if not any(own):
        raise expected(f"{where}: channels", f"{len(labels)} without names",
                       f"ELECTRODES, the electrode of each channel in order: {','.join(electrodes)}")
    channels.check_distinct([name for name in own if name in electrodes], where)
    return channels.pick(own, electrodes, Path(where))
