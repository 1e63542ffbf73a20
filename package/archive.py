"""The archive: wheel, network, notebook, files for C, guide. The same inputs give the same bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from base.files import atomic_path
from base.records import ROOT
from package import readme
from package.bitstream import Bitstream
from package.wheel import tree, wheel

DAY = (1980, 1, 1, 0, 0, 0)
GUIDE = ROOT / "docs" / "board.md"


def archive_name(digest: str) -> str:
    return f"firstspike-{digest[:8]}.zip"


def write_archive(path: Path, network: Mapping[str, bytes], c: Mapping[str, str], digest: str, bitstream: Bitstream,
                  report: dict[str, Any], first: str) -> None:
    """network: what contents.network gives; c: bare_metal.files; digest: the spec's; bitstream: what is in network, or
    why not; report: the run's; first: what first.py says."""
    name, data = wheel(tree(network, c), digest, path.with_name("package.log"))
    files = {
        "README.md": readme.text(report, name, bitstream, first).encode(),
        "LICENSE": (ROOT / "LICENSE").read_bytes(),
        GUIDE.name: GUIDE.read_bytes(),
        name: data,
        **{f"firstspike/{inner}": content for inner, content in network.items()},
        **{f"c/{inner}": text.encode() for inner, text in c.items()},
    }
    _write(path, files)


def _write(path: Path, files: Mapping[str, bytes]) -> None:
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, DAY)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".whl") else zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
