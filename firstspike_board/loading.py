"""A bitstream onto a board by pynq: as an Overlay where a .hwh lies beside it, else alone, at the usual addresses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firstspike_board import places
from firstspike_board.errors import NoBitstream, NoBoard


@dataclass(frozen=True)
class System:
    """What is on the board: the chip's registers, the DMA's, where it has one, and memory that this reaches."""

    chip: Any
    dma: Any | None
    length_bits: int
    allocate: Callable[..., Any]


def find_device(device: Any = None) -> Any:
    """The device that is given, or pynq's active one. Raises NoBoard where there is none."""
    if device is not None:
        return device
    try:
        import pynq
    except ImportError as error:
        raise NoBoard(f"pynq: {error}") from error
    try:
        return pynq.Device.active_device
    except RuntimeError as error:
        raise NoBoard(f"pynq: {error}") from error


def load(bitstream: Path, device: Any) -> System:
    """Raises NoBitstream where the file is missing, or pynq does not load it."""
    import pynq

    if not bitstream.is_file():
        raise NoBitstream(f"{bitstream}: not there")
    try:
        if bitstream.with_suffix(".hwh").is_file():
            return _of_overlay(pynq.Overlay(str(bitstream.resolve()), device=device), device)
        chip, dma = _usual(bitstream, device)
        pynq.Bitstream(str(bitstream.resolve()), device=device).download()
    except NoBitstream:
        raise
    except Exception as error:  # pynq, its parsers and the kernel raise many kinds
        raise NoBitstream(f"{bitstream}: not loaded: {' '.join(str(error).split())}") from error
    return System(pynq.MMIO(chip, places.CHIP_SPAN, device=device), pynq.MMIO(dma, places.DMA_SPAN, device=device),
                  places.DMA_LENGTH_BITS, _allocator(device))


def _usual(bitstream: Path, device: Any) -> tuple[int, int]:
    """Addresses of chip and DMA where no .hwh says them. Raises NoBitstream for a processor that has none here."""
    family = places.FAMILIES.get(device.arch)
    if family is None:
        raise NoBitstream(f"{bitstream}: got no .hwh beside it, and a processor {device.arch}, expected one, or "
                          f"{' or '.join(places.FAMILIES)}, on which chip and DMA have a usual address")
    return places.ADDRESSES[family]


def _of_overlay(overlay: Any, device: Any) -> System:
    """By what the .hwh says: names of instances do not matter."""
    import pynq

    def found(vlnv: str) -> Any | None:
        """A part of the design, by vendor, library and name, or by its name alone where it is our own."""
        name = vlnv.split(":")[2]
        parts = [part for part in overlay.ip_dict.values() if (str(part.get("type")).split(":") + [""] * 3)[2] == name]
        return parts[0] if parts else None

    def mmio(part: Any) -> Any:
        return pynq.MMIO(part["phys_addr"], part["addr_range"], device=device)

    chip, dma = found(places.VLNV), found(places.DMA_VLNV)
    if chip is None:
        raise NoBitstream(f"{overlay.bitfile_name}: its .hwh has no {places.TOP}")
    bits = places.DMA_LENGTH_BITS
    if dma is not None:
        bits = int(dma.get("parameters", {}).get(places.DMA_LENGTH_PARAMETER, bits))
    return System(mmio(chip), None if dma is None else mmio(dma), bits, _allocator(device))


def _allocator(device: Any) -> Callable[..., Any]:
    import pynq

    return lambda shape, dtype: pynq.allocate(shape, dtype, target=device)
