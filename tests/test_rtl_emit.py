"""What the RTL cannot be made for is refused before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from synthetic import make_spec

from base.errors import UserError
from rtl.emit import emit


@pytest.mark.parametrize(("shape", "message"), [
    ({"height": 1}, "dw0: grid: got 1x4, expected 2x2 or larger"),
    ({"width": 1}, "dw0: grid: got 3x1, expected 2x2 or larger"),
    ({"hidden": (4,) * 16}, "spec: spiking units: got 17, expected at most 16"),
])
def test_refused(shape: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        emit(make_spec(**shape), tmp_path)
    assert not list(tmp_path.iterdir())


def test_digest_is_in_every_file_made_from_the_spec(tmp_path: Path) -> None:
    spec = make_spec()
    emit(spec, tmp_path)
    for path in [tmp_path / "top.sv", tmp_path / "files.f", *tmp_path.glob("rom/*.hex")]:
        assert spec.digest in path.read_text(), path.name
