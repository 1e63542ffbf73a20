"""The page of folds: what it says of rows and budgets, and that the presets' folds are ones that can be built."""

from __future__ import annotations

from pathlib import Path

import pytest
from synthetic import make_spec

from base.records import ROOT
from board.preset import load_preset
from flow.settings import Settings
from hls import emit as hls
from rtl import emit as rtl
from spec.fold import fold
from study import folds

ROW = {"preset": "tiny", "core": None, "bits": 4, "used_core": "shift", "samples": 240, "mismatches": 0, "lut": 2100,
       "lut_model": 2000.4, "lutram": 90, "ff": 1000, "bram36": 7.5, "dsp": 0, "latency": 90_000,
       "latency_mean": 80_000.0, "interval": 70_000.0, "predicted": 90_000, "bound": 120_000}


@pytest.mark.parametrize(("preset", "core", "bits"), folds.FOLDS)
def test_the_folds_can_be_built(preset: str, core: str | None, bits: int) -> None:
    whole = make_spec(bits, 20, 5, 5, (32, 32), (64, 32), 2)
    spec = fold(whole, **load_preset(preset).fold | ({"core": core} if core else {}))
    rtl.check(spec)
    hls.check(spec)
    assert (spec.digest == whole.digest) is ((preset, core) == ("default", None))


def test_the_page_says_which_budget_is_met() -> None:
    page = folds.page(Settings(), [ROW])
    assert "| tiny | shift | INT4 | 240 of 240 | 2,100 | 2,000 | 90 | 1,000 | 7.5 | 0 | 90,000 | 80,000 |" in page
    assert "| tiny | INT4 | 2,200 | 8 | 0 | 100,000 |  | 2,100 | 7.5 | 0 | 90,000 | 70,000 | yes |" in page
    assert "1 designs, mean error of LUTs 4.7 %, largest 4.7 %" in page
    assert "**SIMULATED EEG.**" in page
    assert "SIMULATED" not in folds.page(Settings(dataset="eegmat", data_root=Path("somewhere")), [ROW])
    over = folds.page(Settings(), [ROW | {"lut": 2201, "mismatches": 3}])
    assert "237 of 240" in over
    assert "| no: lut |" in over


def test_only_the_usual_run_of_eegmat_writes_into_docs(tmp_path: Path) -> None:
    docs = ROOT / "docs"
    assert Settings(dataset="eegmat", data_root=tmp_path, test_subjects="18-23", out=tmp_path).pages == docs
    for changed in ({"dataset": "simulated"}, {"dataset": "eegmat", "bits": 6}, {"dataset": "eegmat", "core": "dsp"}):
        assert Settings(**changed, out=tmp_path).pages == tmp_path
