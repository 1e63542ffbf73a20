"""What a .bit and a .hwh say of themselves: the part, and the user ID in which `make overlay` puts the digest.

The head of a .bit is fields of a letter, a length and a text: a, the design with its `;UserID=0X…;Version=…`, b, the
part, c and d, the day and the time; then e and the length of all that follows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

_BEGIN = bytes.fromhex("0009 0ff00ff00ff00ff000 0001")
_FIELDS = "abcd"


@dataclass(frozen=True)
class Head:
    """user_id: None where the design's field has none. part: as `7z020clg400`."""

    design: str
    user_id: int | None
    part: str


def read_head(data: bytes) -> Head:
    """Of a whole .bit. Raises ValueError, one line, where it is none, or not whole."""
    if not data.startswith(_BEGIN):
        raise ValueError("no .bit of Vivado's")
    place, texts = len(_BEGIN), []
    for field in _FIELDS:
        size = int.from_bytes(data[place + 1 : place + 3], "big")
        text = data[place + 3 : place + 3 + size]
        if data[place : place + 1] != field.encode() or len(text) < size:
            raise ValueError(f"no .bit that is whole: no field {field}")
        texts.append(text.rstrip(b"\0").decode("latin-1"))
        place += 3 + size
    size = int.from_bytes(data[place + 1 : place + 5], "big")
    if data[place : place + 1] != b"e" or not size or len(data) - place - 5 != size:
        raise ValueError(f"no .bit that is whole: {len(data) - place - 5} bytes of {size}")
    found = re.search(r";UserID=0x([0-9a-f]{1,8})\b", texts[0], re.IGNORECASE)
    return Head(texts[0].split(";")[0], int(found[1], 16) if found else None, texts[1])


def read_handoff(data: bytes) -> tuple[str, set[str]]:
    """Of a .hwh: the part, as `7z020clg400`, and names of the modules in it. Raises ValueError where it is none."""
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise ValueError(f"no .hwh ({error})") from error
    system = root.find("SYSTEMINFO")
    if system is None:
        raise ValueError("no .hwh: no SYSTEMINFO")
    names = {str(module.get("MODTYPE")) for module in root.iter("MODULE")}
    return f"{system.get('DEVICE')}{system.get('PACKAGE')}", names
