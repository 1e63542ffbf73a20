"""What preset and shape decide is refused before anything is trained, by the checks of what would be built."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from preset_nets import DATASETS, config, lowered
from rich.console import Console

from base.errors import UserError
from base.records import ROOT
from board.preset import Preset, load_preset
from flow.limits import check_network, skeleton
from flow.reading import read
from flow.run import run_target
from hls import emit as hls
from rtl import emit as rtl
from spec.units import BITS


def preset(**changed: tuple[int, ...]) -> Preset:
    return Preset(name="mine", **{"channels": (8, 8), "hidden": (8,), "lanes": (1, 1), **changed})


@pytest.mark.parametrize(("changed", "shape", "words"), [
    ({"lanes": (3, 1)}, (20, 5, 5), "dw0: channels=20 is not a multiple of lanes=3"),
    ({"lanes": (1, 3)}, (20, 5, 5), "pw0: out_channels=8 is not a multiple of out_lanes=3"),
    ({}, (20, 1, 5), "dw0: grid: got 1x5, expected 2x2 or larger"),
    ({}, (20, 5, 1), "dw0: grid: got 5x1, expected 2x2 or larger"),
    ({}, (2, 256, 5), "spec: height: got 256, expected at most 255"),
    ({}, (2, 5, 256), "spec: width: got 256, expected at most 255"),
    ({"hidden": (4,) * 17}, (4, 5, 5), "spec: spiking units: got 18, expected at most 16"),
    ({"channels": (4,) * 13, "lanes": (1,) * 13, "hidden": (4,) * 5}, (4, 3, 3), "spec: units: got 34"),
    ({"channels": (8, 129)}, (4, 3, 3), "pw1: out_channels * out_bits: got 1032, expected at most 1024"),
])
@pytest.mark.parametrize("bits", [4, 8])
def test_what_cannot_be_built(
    changed: dict[str, tuple[int, ...]], shape: tuple[int, int, int], words: str, bits: int
) -> None:
    with pytest.raises(UserError, match=r"^preset mine, samples of \d+x\d+x\d+: ") as caught:
        check_network(preset(**changed), shape, 2, [(bits, bits)])
    assert words in str(caught.value)


@pytest.mark.parametrize("name", DATASETS)
def test_the_skeleton_is_of_the_spec_that_is_built(name: str, tmp_path: Path) -> None:
    """Same units, sizes and widths as what an actual network lowers to, so that the same checks say the same."""
    net, bits = config(name), 6
    spec = lowered(name, bits, tmp_path / "model.onnx")
    bones = skeleton(load_preset(name), (net.in_channels, net.height, net.width), net.classes, bits, bits)
    free = {"weight", "bias", "shift", "exponent", "v_min"}  # what training decides

    def sizes(unit: object) -> dict[str, object]:
        return {key: value for key, value in vars(unit).items() if key not in free}

    assert [sizes(unit) for unit in bones.units] == [sizes(unit) for unit in spec.units]
    for bits in BITS:
        check_network(load_preset(name), (net.in_channels, net.height, net.width), net.classes, [(bits, bits)])
    hls.check(spec)
    rtl.check(spec)


def test_a_run_is_refused_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flow.run.run_until", lambda *_: pytest.fail("it began"))
    given = read("train", {"LANES": "3,1", "OUT": str(tmp_path / "out")})
    with pytest.raises(UserError, match="dw0: channels=20 is not a multiple of lanes=3"):
        run_target("train", given, None)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_time_bits_apart_from_weight_bits() -> None:
    bones = skeleton(preset(), (4, 5, 5), 2, 8, 5)
    assert (bones.weight_bits, bones.time_bits, bones.layers[0].weight_bits) == (8, 5, 8)


@pytest.mark.parametrize(("given", "words"), [
    ({"RTL": "hls"}, "RTL: got hls with make overlay, expected own: the driver knows no register map"),
    ({"BOARD": "aup-zu3", "ROUTE": "open"}, "ROUTE: got open, with a xczu3eg-sfvc784-2-e, expected a board with a Zy"),
    ({"BOARD": "{folder}/artix.toml"}, "BOARD: part: got xc7a100tcsg324-2, expected one that begins with xc7z or xczu"),
])
def test_an_overlay_that_cannot_be_built(given: dict[str, str], words: str, tmp_path: Path) -> None:
    text = (ROOT / "board" / "pynq-z2.toml").read_text().replace("xc7z020clg400-1", "xc7a100tcsg324-2")
    (tmp_path / "artix.toml").write_text(text)
    given = {name: value.format(folder=tmp_path) for name, value in given.items()}
    with pytest.raises(UserError, match=words):
        run_target("overlay", read("overlay", {**given, "OUT": str(tmp_path / "out")}), Console(file=io.StringIO()))
    assert not (tmp_path / "out").exists()
