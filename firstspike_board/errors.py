"""What can go wrong on a board, a class each: all are BoardErrors, of one line that says what was seen."""

from __future__ import annotations


class BoardError(RuntimeError):
    """Something is wrong with the board, the bitstream or a transfer."""


class NoBoard(BoardError):
    """No pynq, or no device that it knows."""


class NoBitstream(BoardError):
    """The bitstream's file is not there, or cannot be loaded."""


class NoMemory(BoardError):
    """The board has no memory left in one piece for the samples of a transfer."""


class NoChip(BoardError):
    """What answers at the chip's address is no firstspike chip, or one with another register map."""


class OtherNetwork(BoardError):
    """The chip is of another network than the spec."""


class WrongDigest(BoardError):
    """The chip is of a network of this shape, but with other numbers in it."""


class SelfTestFailed(BoardError):
    """The chip's answer to a known sample is not the golden model's."""


class NotStarted(BoardError):
    """A DMA channel did not start, or did not come out of its reset."""


class InputNotTaken(BoardError):
    """The chip takes no more input."""


class NoResult(BoardError):
    """The chip has all its input, and sends no (more) results."""


class TlastMissing(BoardError):
    """The chip has sent all results, and the transfer does not end."""


class DmaError(BoardError):
    """The DMA reports an internal, slave or decode error."""


class WrongLength(BoardError):
    """A transfer had fewer or more results than samples."""


class BeatLost(BoardError):
    """A beat was written into the window without room, or read from it where none was."""


class Incomplete(BoardError):
    """The chip says that a transfer ended inside a sample."""


class ResetInFlight(BoardError):
    """The chip was reset while it worked."""


class WrongResult(BoardError):
    """A result contradicts itself: it is not what the chip has sent."""


class Closed(BoardError):
    """The chip was closed, or its buffers were freed."""
