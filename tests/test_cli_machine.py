"""The command line on machines of all kinds: heavy libraries, CUDA toolkits, homes, paths; and CONFIG in a training."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from eeg_files import write_eegmat

from base.environment import THREADS
from model.data.registry import SETS

ROOT = Path(__file__).parent.parent
HEAVY = {"torch", "brevitas", "mne", "scipy", "sklearn", "dask", "distributed", "matplotlib", "onnx", "onnxruntime"}


def run(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, encoding="utf-8", check=False,
                          env={**os.environ, "OMP_NUM_THREADS": "1", **environment})


@pytest.mark.parametrize("arguments", [
    "flow dmeo", "flow demo --bits 3", "flow demo --bist 8", "flow demo --preset huge", "flow demo --board huge",
    "flow demo --dataset nosuch", "flow demo --dataset eegmat --data-root nowhere", "flow demo --test-subjects a-b",
    "flow demo --split none", "flow demo --config nowhere.toml", "flow demo --out /proc/x", "flow train --table noise",
    "flow data", "flow data --dataset deap",
    "study reproduce --table noses", "study reproduce --scheduler nowhere.json",
    "study reproduce --bits 4", "study reproduce --dataset deap --data-root nowhere", "study choose --seed 1",
])
def test_options_are_answered_before_anything_heavy_is_imported(arguments: str, tmp_path: Path) -> None:
    """What takes a second or more to import; -X importtime names every import on stderr."""
    out = [] if "--out" in arguments or "choose" in arguments else ["--out", str(tmp_path / "out")]
    done = run("-X", "importtime", "-m", *arguments.split(), *out)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert [line for line in lines if not line.startswith("import time:")] == [lines[-1]]
    assert lines[-1].startswith("error: ")
    assert not {line.split("|")[-1].strip().split(".")[0] for line in lines[:-1]} & HEAVY
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("dataset", [name for name, entry in SETS.items() if entry.downloader is None])
def test_data_that_only_its_owners_give_out(dataset: str) -> None:
    done = run("-m", "flow", "data", "--dataset", dataset)
    assert done.returncode == 2
    assert re.fullmatch(r"error: DATASET: got \S+, expected a data set that .*\n", done.stderr)


def test_torch_is_silent_about_a_toolkit_without_a_card() -> None:
    """As a build of PyTorch with CUDA is, where CUDA_HOME is there and no card."""
    script = ("import torch; torch.version.cuda = '13.0'\n"
              "torch.cuda._is_compiled, torch.cuda.is_available = lambda: True, lambda: False\n"
              "import {}torch.utils.cpp_extension as made; print(made.CUDA_HOME)")
    loud, silent = (run("-W", "ignore", "-c", script.format(before), CUDA_HOME="/usr") for before in ("", "quant, "))
    assert "No CUDA runtime is found" in loud.stderr
    assert (silent.stdout, silent.stderr) == ("/usr\n", "")


def test_a_checkout_whose_path_no_makefile_can_use(tmp_path: Path) -> None:
    home = tmp_path / "my work" / "firstspike"
    for room in ("base", "spec", "board", "model", "quant", "hls", "rtl", "flow"):
        shutil.copytree(ROOT / room, home / room, ignore=shutil.ignore_patterns("__pycache__"))
    done = run("-m", "flow", "demo", cwd=home, PYTHONPATH="")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"error: folder of this repository: got '.*/my work/firstspike', expected .*\n", done.stderr)
    assert not (home / "build").exists()


@pytest.mark.parametrize("home", ["/nonexistent", "/proc"])
def test_a_home_that_cannot_be_written(home: str) -> None:
    script = ("import os, sys; from base.environment import prepare_process; prepare_process()\n"
              "print(all(os.access(os.path.dirname(os.path.dirname(os.environ[name])), os.W_OK)"
              " for name in ('YOWASP_CACHE_DIR', 'MPLCONFIGDIR')))\n"
              "import matplotlib.pyplot, mne")
    done = run("-c", script, HOME=home, XDG_CONFIG_HOME="", XDG_CACHE_HOME="")
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_config_reaches_a_training(tmp_path: Path) -> None:
    folder, out, config = write_eegmat(tmp_path / "eegmat", range(5)), tmp_path / "out", tmp_path / "mine.toml"
    config.write_text(f'dataset = "eegmat"\ndata_root = "{folder}"\nout = "{out}"\nepochs = 1\nseeds = 1\n'
                      'channels = [4, 6]\nhidden = [5]\nfeatures = ["pse"]\nsmoothing = "causal"\ntrain_stride = 2\n'
                      'window_rule = "grow"\nwindow_rate = 0.25\nvalidation_subjects = "1"\n', encoding="utf-8")
    done = run("-m", "flow", "train", "--config", str(config), "--epochs", "2")
    assert done.returncode == 0, done.stderr
    history = json.loads((out / "history.json").read_text(encoding="utf-8"))
    assert len(history["epochs"]) == 2  # a variable goes before the file
    saved = torch.load(out / "train/lsnnet-seed0/float.pt", weights_only=True)["config"]
    assert (saved["channels"], saved["hidden"], saved["in_channels"]) == ([4, 6], [5], 4)
    assert (saved["window"], saved["window_rate"]) == ("grow", 0.25)
    about = json.loads((out / "dataset.json").read_text(encoding="utf-8"))
    assert (about["features"], about["smoothing"], about["train_stride"]) == (["pse"], "causal", 2)
    assert sorted(path.name for path in (out / "train").iterdir() if path.name.startswith("lsnnet")) == ["lsnnet-seed0"]


def test_a_run_has_one_thread_a_worker_whatever_the_machine_says() -> None:
    """More threads add floats up in another order: training gave other networks on other machines."""
    script = ("import os; from base.environment import THREADS, prepare_process; prepare_process()\n"
              "print(*(os.environ[name] for name in THREADS))")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, encoding="utf-8",
                          check=True, env={**os.environ, "OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "3"})
    assert done.stdout.split() == ["1"] * len(THREADS)
