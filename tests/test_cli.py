"""The command line as a user meets it: bad input gives one clear line and exit code 2, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from eeg_files import write_eegmat

ROOT = Path(__file__).parent.parent


def flow(*arguments: str, out: Path) -> subprocess.CompletedProcess[str]:
    room = "study" if arguments[0] in ("reproduce", "choose") else "flow"
    command = [sys.executable, "-m", room, *arguments, "--out", str(out)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})


def assert_one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize(("arguments", "words"), [
    (["demo", "--bits", "3"], ["BITS", "3", "4 … 8"]),
    (["demo", "--bits", "eight"], ["BITS", "'eight'", "4 … 8"]),
    (["demo", "--seed", "-1"], ["SEED", "-1"]),
    (["demo", "--dataset", "nosuch"], ["DATASET", "'nosuch'", "simulated, eegmat, seed"]),
    (["demo", "--preset", "huge"], ["PRESET", "huge", "default"]),
    (["demo", "--dataset", "eegmat", "--data-root", "nowhere"], ["DATA_ROOT", "nowhere"]),
    (["demo", "--data-root", "nowhere"], ["DATA_ROOT", "nowhere"]),
    (["demo", "--test-subjects", "a-b"], ["TEST_SUBJECTS", "a-b"]),
    (["demo", "--test-subjects", "90-95"], ["TEST_SUBJECTS", "90-95"]),
    (["demo", "--bist", "8"], ["--bist"]),
    (["dmeo"], ["target", "'dmeo'", "demo"]),
    (["reproduce", "--table", "noses"], ["TABLE", "'noses'", "noise"]),
    (["reproduce", "--scheduler", "nowhere.json"], ["SCHEDULER", "nowhere.json", "tcp://"]),
    (["reproduce", "--bits", "4"], ["BITS", "'4'", "none"]),
    (["reproduce", "--dataset", "deap", "--data-root", "nowhere"], ["DATA_ROOT", "nowhere"]),
    (["train", "--table", "noise"], ["TABLE", "'noise'", "none"]),
])
def test_wrong_option(arguments: list[str], words: list[str], tmp_path: Path) -> None:
    assert_one_line(flow(*arguments, out=tmp_path / "out"), *words)
    assert not list((tmp_path).rglob("*.npz"))


def test_out_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert_one_line(flow("demo", out=tmp_path / "file"), "OUT", "file")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("out", ["", "a b", "it's"])
def test_out_that_no_makefile_can_use(out: str) -> None:
    done = subprocess.run([sys.executable, "-m", "flow", "demo", "--out", out], cwd=ROOT, capture_output=True,
                          text=True, check=False)
    assert_one_line(done, "OUT", repr(out))


def test_make_passes_values_as_they_are(tmp_path: Path) -> None:
    """No character of a value reaches the shell as anything but itself."""
    value = f"'; touch {tmp_path}/made; echo '"
    done = subprocess.run(["make", "demo", f"DATASET={value}"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "error: DATASET: got" in done.stderr
    assert not (tmp_path / "made").exists()


def test_make_refuses_a_misspelt_variable() -> None:
    done = subprocess.run(["make", "demo", "DATSET=eegmat"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "DATSET: not a variable" in done.stderr


def test_bare_make_prints_the_targets() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("demo", "test", "lint", "data", "train", "quant", "hls", "rtl", "cosim", "synth", "report"):
        assert f"make {target} " in done.stdout


def test_truncated_recording_names_its_file(tmp_path: Path) -> None:
    folder = write_eegmat(tmp_path / "eegmat", range(4))
    victim = folder / "Subject02_2.edf"
    victim.write_bytes(victim.read_bytes()[:-1000])
    done = flow("train", "--dataset", "eegmat", "--data-root", str(folder), out=tmp_path / "out")
    assert_one_line(done, "Subject02_2.edf")
    assert not list((tmp_path / "out").glob("*.npz"))


def test_interrupted_run_goes_on_where_it_was(tmp_path: Path) -> None:
    """Interrupt in the middle of training: one line, no half-written result; then to the end."""
    folder, out = write_eegmat(tmp_path / "eegmat", range(6)), tmp_path / "out"
    command = [sys.executable, "-m", "flow", "train", "--dataset", "eegmat", "--data-root", str(folder),
               "--out", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=environment,
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler)) as run:
        while not list(out.glob("train/*/train-state.pt")):
            time.sleep(0.05)
            assert run.poll() is None
        run.send_signal(signal.SIGINT)
        assert "interrupted; run the same command again" in run.communicate(timeout=60)[1]
    assert run.returncode == 130
    assert not (out / "train.json").exists()
    epochs = min(torch.load(state, weights_only=True)["epoch"] for state in out.glob("train/*/train-state.pt"))
    assert epochs > 0
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    assert (out / "train.json").exists()
    assert not list(out.glob("train/*/train-state.pt"))
