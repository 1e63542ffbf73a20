"""SOURCE=brainflow: any board that BrainFlow reads; board -1 is its synthetic one, which needs no device."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from base.errors import UserError, expected
from live.continuity import Counter
from live.network import Network
from live.pipeline import Chunk, check_rate
from live.sources import POLL_S, WAIT_S
from live.sources.cutting import Cutter
from live.sources.electrodes import rows

# Boards whose package number goes up by one with every sample, 0 … 255; of others nothing like it is known.
_COUNTED = {-1: 256, 0: 256}
_BUFFER_S = 10


class BrainFlowBoard:
    """A board by `id` or `id:serial port`. BrainFlow gives EEG in microvolt.

    Lost samples are seen by the package number where a board counts samples by it, else by the time stamps, which are
    the host's. UserError where the board is not known, not there, has not the layout's electrodes or another rate.
    """

    def __init__(self, network: Network, which: str, named: Sequence[str] = ()) -> None:
        from brainflow.board_shim import BoardShim, BrainFlowError, BrainFlowInputParams

        number, _, port = which.partition(":")
        try:
            self._id = int(number)
        except ValueError:
            raise expected("DEVICE", repr(which), "a board's number of BrainFlow, with its serial port after a colon: "
                           "-1, or 0:/dev/ttyUSB0") from None
        self._error: type[Exception] = BrainFlowError
        BoardShim.disable_board_logger()
        try:
            about = BoardShim.get_board_descr(self._id)
        except BrainFlowError as error:
            raise expected("DEVICE", f"board {number}", f"one that BrainFlow knows ({error})") from error
        self.name, self.rate_hz = f"BrainFlow board {about['name']}", float(about["sampling_rate"])
        check_rate(network, self.rate_hz, self.name)
        if not about.get("eeg_channels"):
            raise expected(f"{self.name}: channels", "none of EEG", "some")
        own = about.get("eeg_names", "").split(",")
        labels = own if len(own) == len(about["eeg_channels"]) else [""] * len(about["eeg_channels"])
        self._rows = [about["eeg_channels"][row] for row in rows(labels, named, network.layout.electrodes, self.name)]
        self._stamps, self._counts = about["timestamp_channel"], about.get("package_num_channel")
        counter = Counter(_COUNTED[self._id]) if self._id in _COUNTED and self._counts is not None else None
        self._cutter = Cutter(self.rate_hz, counter)
        parameters = BrainFlowInputParams()
        parameters.serial_port = port
        self._board = BoardShim(self._id, parameters)

    def read(self) -> list[Chunk] | None:
        until = time.monotonic() + WAIT_S
        try:
            while not self._board.get_board_data_count() and time.monotonic() < until:
                time.sleep(POLL_S)
            data = self._board.get_board_data()
        except self._error as error:
            raise UserError(f"{self.name}: {error}") from error
        if not data.shape[1]:
            return []
        counts = data[self._counts] if self._counts is not None else None
        return self._cutter.push(np.ascontiguousarray(data[self._rows]), data[self._stamps], time.monotonic(), counts)

    def __enter__(self) -> BrainFlowBoard:
        try:
            self._board.prepare_session()
            self._board.start_stream(int(_BUFFER_S * self.rate_hz))
        except self._error as error:
            raise UserError(f"{self.name}: got no connection ({error}), expected a board that is on and, where it has "
                            "one, its serial port in DEVICE=id:port") from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._board.is_prepared():
            self._board.release_session()
