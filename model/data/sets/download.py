"""Get EEGMAT from PhysioNet.

PhysioNet keeps a SHA256SUMS.txt beside the files. It is fetched first and every recording is checked against
it. That catches a damaged or cut transfer; against a forged server, whose sums would be forged too, stands HTTPS.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pooch

from base.errors import UserError
from model.data.sets.eegmat import FILE_NAME

EEGMAT_URL = "https://physionet.org/files/eegmat/1.0.0/"
_SUMS = "SHA256SUMS.txt"


def download_eegmat(folder: Path, base_url: str = EEGMAT_URL) -> list[Path]:
    """Download every recording into `folder` and return their paths; those already there and whole are kept.

    A file appears under its name only after its checksum has been compared. Raises UserError without
    network, on a checksum that differs and on a list of checksums without recordings.
    """
    try:
        sums = _read_sums(base_url)
        store = pooch.create(path=folder, base_url=base_url, registry=sums)
        return [Path(store.fetch(name)) for name in sorted(sums)]
    except OSError as error:  # requests' exceptions are OSErrors: no route, no name, timeout, HTTP status
        raise UserError(
            f"eegmat: could not download from {base_url} ({type(error).__name__}); "
            f"download its SubjectNN_*.edf by hand into {folder} and pass DATA_ROOT={folder}, or use DATASET=simulated"
        ) from error
    except ValueError as error:  # pooch: the hash differs, and the download was thrown away
        raise UserError(
            f"eegmat: {' '.join(str(error).split())}; run again, or download by hand from {base_url}"
        ) from error


def _read_sums(base_url: str) -> dict[str, str]:
    """{file name: "sha256:..."} of the recordings in the server's list."""
    with tempfile.TemporaryDirectory() as scratch:
        path = pooch.retrieve(base_url + _SUMS, known_hash=None, fname=_SUMS, path=scratch)
        text = Path(path).read_text(encoding="utf-8")
    pairs = re.findall(r"^([0-9a-f]{64})\s+\*?(\S+)\s*$", text, re.MULTILINE)
    sums = {name: f"sha256:{digest}" for digest, name in pairs if FILE_NAME.fullmatch(name)}
    if not sums:
        raise UserError(f"eegmat: {base_url}{_SUMS}: got no SubjectNN_1.edf in it, expected the list of checksums")
    return sums
