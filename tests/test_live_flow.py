"""`make live`: what it refuses before anything is trained, and a sitting from its settings to live.json."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from live_runs import NAMES, make_run, write_folder
from rich.console import Console

from base.errors import UserError
from base.files import read_json
from flow.live import live
from flow.reading import read
from flow.run import run_target
from flow.settings import Settings
from live.session import Account

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("live")
    make_run(write_folder(folder / "data", frames=4, features='["pse"]'), folder / "out")
    return folder


def settings(folder: Path, **more: str) -> Settings:
    return read("live", {"DATASET": "folder", "DATA_ROOT": str(folder / "data"), "OUT": str(folder / "out"),
                         "FILTER": "causal", "SMOOTHING": "causal", **more})


def sitting(given: Settings, terminal: bool = False) -> str:
    text = io.StringIO()
    live(given, Console(file=text, force_terminal=terminal, width=120, highlight=False))
    return text.getvalue()


def test_recordings_line_by_line(folder: Path) -> None:
    said = sitting(settings(folder, DEVICE="3", SECONDS="4"))
    lines = said.splitlines()
    assert lines[0].endswith("settling: subject 3, session 1, trial 1: rest")
    assert sum("golden model" in line and "logits [" in line for line in lines) >= 5
    assert lines[-1].startswith(tuple("123456789"))
    assert lines[-1].endswith(f"{folder}/out/live.json")
    kept = read_json(folder / "out" / "live.json")
    assert kept["source"] == "recordings of office"
    assert kept["declared_hz"] == 250
    assert kept["resampling_delay_s"] == pytest.approx(0.0781, abs=1e-3)
    assert kept["results"]["class"] == sum(kept["classes"].values()) == kept["answered_by"]["golden model"] >= 5
    assert set(kept["times"]["chip"]) == {"p50_ms", "p99_ms", "max_ms"}
    assert len(kept["spec_digest"]) == 64


def test_the_picture_on_a_terminal(folder: Path) -> None:
    """The synthetic board, which calls its channels otherwise."""
    pytest.importorskip("brainflow")
    said = sitting(settings(folder, SOURCE="brainflow", ELECTRODES=",".join(NAMES), SECONDS="3"), terminal=True)
    for word in ("Fp1 ok", "logits", "rest ", "spikes", "p99", "BrainFlow board Synthetic"):
        assert word in said


def test_an_interrupt_is_an_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Account, "add", stop)
    (folder / "out" / "live.json").unlink(missing_ok=True)
    assert "live.json" in sitting(settings(folder, DEVICE="3"))
    assert read_json(folder / "out" / "live.json")["samples"] >= 0


def test_ctrl_c_ends_a_process_well(folder: Path) -> None:
    script = ("import sys\nfrom rich.console import Console\nfrom flow import live, reading\n"
              "live.live(reading.read('live', dict(pair.split('=', 1) for pair in sys.argv[1:])), Console())")
    given = settings(folder)
    pairs = [f"{name}={value}" for name, value in {
        "DATASET": "folder", "DATA_ROOT": given.data_root, "OUT": given.out, "FILTER": "causal",
        "SMOOTHING": "causal"}.items()]
    with subprocess.Popen([sys.executable, "-u", "-c", script, *pairs], cwd=ROOT, stdout=subprocess.PIPE, text=True,
                          encoding="utf-8", env={**os.environ, "OMP_NUM_THREADS": "1"},
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler)) as run:
        assert run.stdout is not None
        assert "subject 3" in run.stdout.readline()
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        rest = run.stdout.read()
    assert run.returncode == 0
    assert rest.rstrip().endswith("live.json")


@pytest.mark.parametrize(("given", "words"), [
    ({"FILTER": ""}, "live use: got a network trained with FILTER=zero-phase SMOOTHING=causal, which hear the future, "
                     "expected one trained with FILTER=causal SMOOTHING=causal"),
    ({"SMOOTHING": "smoother"}, "FILTER=causal SMOOTHING=smoother"),
    ({"STANDARDISATION": "per-subject-transductive"}, "needs a person's whole recordings"),
])
def test_refused_before_anything_is_trained(given: dict[str, str], words: str, folder: Path, tmp_path: Path) -> None:
    console = Console(file=io.StringIO())
    with pytest.raises(UserError, match=words):
        run_target("live", settings(folder, **given, OUT=str(tmp_path / "out")), console)
    assert not (tmp_path / "out" / "samples.npz").exists()


@pytest.mark.parametrize(("given", "words"), [
    ({"SOURCE": "radio"}, "SOURCE: got 'radio', expected one of file, lsl, brainflow"),
    ({"SECONDS": "0"}, "SECONDS: got '0', expected a whole number, 1 … 86400"),
    ({"DEVICE": "77"}, "DEVICE: got '77', expected subjects among 0 … 4"),
    ({"DEVICE": "x"}, "DEVICE: got 'x', expected numbers and ranges"),
    ({"CHIP": "fpga"}, "CHIP: got 'fpga', expected one of golden, sim, board"),
    ({"BOARD_ADDRESS": "a b", "CHIP": "board"}, "CHIP=board: got NoBoard (board at a b, port 4715: "),
    ({"BOARD_ADDRESS": "127.0.0.1", "CHIP": "board"}, "port 4715: Connection refused), expected a board on which"),
])
def test_settings_that_say_nothing(given: dict[str, str], words: str, folder: Path) -> None:
    with pytest.raises(UserError) as caught:
        live(settings(folder, **given), Console(file=io.StringIO()))
    assert words in str(caught.value)


def test_settings_of_live_use_are_no_other_targets() -> None:
    with pytest.raises(UserError, match="SOURCE: got 'lsl', expected none with `make train`"):
        read("train", {"SOURCE": "lsl"})
