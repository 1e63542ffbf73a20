"""DEAP: the right trials from good files; from bad ones one clear line; from hostile ones nothing is executed."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from eeg_files import read_all
from emotion_files import deap_arrays, py2_pickle, write_v5, write_v73

from base.errors import UserError
from base.files import read_json, read_npz
from model.data.formats.pickled import read_arrays
from model.data.prepare import prepare
from model.data.registry import load
from model.data.sets import deap
from model.data.sets.montage import from_montage

TRIALS = 3


@pytest.fixture(autouse=True)
def few_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """3 trials of 40, so that a file has 8 MB and not 103; everything else is as published."""
    assert deap.SHAPE == (40, 40, 8064)
    monkeypatch.setattr(deap, "TRIALS", TRIALS)
    monkeypatch.setattr(deap, "SHAPE", (TRIALS, 40, 8064))


def write(folder: Path, subject: int, arrays: dict[str, np.ndarray] | None = None) -> Path:
    path = folder / f"s{subject:02d}.dat"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(py2_pickle(deap_arrays(subject, TRIALS) if arrays is None else arrays))
    return path


def refused(path: Path, *words: str) -> None:
    """Reading the only subject must fail with one line that names the file and holds every word."""
    with pytest.raises(UserError) as caught:
        read_all(load("deap", path.parent))
    message = str(caught.value)
    assert "\n" not in message
    for word in (str(path), *words):
        assert word in message


def test_the_test_writes_what_python_2_did(tmp_path: Path) -> None:
    """The opcodes mean to Python itself what they mean to the reader."""
    arrays = deap_arrays(0, 1)
    path = write(tmp_path, 1, arrays)
    trusted = pickle.loads(path.read_bytes(), encoding="latin1")
    mine = read_arrays(path)
    assert list(mine) == list(trusted) == ["labels", "data"]
    for name, array in arrays.items():
        assert np.array_equal(mine[name], array)
        assert np.array_equal(trusted[name], array)
        assert mine[name].dtype == array.dtype


def test_trials_are_scored_by_their_own_baseline_in_the_grids_order(tmp_path: Path) -> None:
    arrays = deap_arrays(7, TRIALS)
    write(tmp_path / "data_preprocessed_python", 7, arrays)
    dataset = load("deap-valence", tmp_path)  # finds the folder of the release
    recordings = read_all(dataset)
    assert dataset.subjects == (7,)
    assert [(r.subject, r.session, r.trial) for r in recordings] == [(7, 1, k) for k in (1, 2, 3)]
    for trial, recording in enumerate(recordings):
        assert recording.signal.shape == (32, 7680)
        for row in (0, 13, 31):
            channel = deap.CHANNELS.index(deap.LAYOUT.electrodes[row])
            whole = arrays["data"][trial, channel]
            want = (whole[384:] - whole[:384].mean()) / whole[:384].std()
            np.testing.assert_allclose(recording.signal[row], want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("name", "column"), [("deap", 0), ("deap-valence", 0), ("deap-arousal", 1)])
def test_high_is_above_5(tmp_path: Path, name: str, column: int) -> None:
    arrays = deap_arrays(1, TRIALS)
    write(tmp_path, 1, arrays)
    labels = [recording.label for recording in read_all(load(name, tmp_path))]
    assert labels == [int(rating > 5) for rating in arrays["labels"][:, column]]
    assert labels[0] == column  # exactly 5 is low


def test_prepare_makes_6x6x7(tmp_path: Path) -> None:
    for subject in range(1, 5):
        write(tmp_path / "in", subject)
    prepare("deap", tmp_path / "in", tmp_path / "out")
    arrays, said = read_npz(tmp_path / "out" / "samples.npz"), read_json(tmp_path / "out" / "dataset.json")
    assert arrays["x"].shape == (4 * TRIALS * 40, 6, 6, 7)
    assert (said["name"], said["shape"], said["features"]) == ("deap-valence", [6, 6, 7], ["pse"])
    assert (said["smoothing"], said["train_stride"]) == ("em-smoother", 6)
    assert set(arrays["trial"]) == {100_000 * s + 1000 + t for s in range(1, 5) for t in range(1, TRIALS + 1)}
    assert set(np.bincount(arrays["trial"])) == {0, 40}


def test_grid_is_the_montages() -> None:
    assert from_montage(deap.CHANNELS, 6, 7) == deap.LAYOUT.grid


@pytest.mark.parametrize("cut", [1, 100, 1_000_000, 7_500_000])
def test_truncated(tmp_path: Path, cut: int) -> None:
    path = write(tmp_path, 1)
    path.write_bytes(path.read_bytes()[:-cut])
    refused(path, "damaged or truncated")


def test_empty_or_another_kind(tmp_path: Path) -> None:
    path = write(tmp_path, 1)
    path.write_bytes(b"")
    refused(path, "damaged or truncated")
    path.write_text("<html>404</html>")
    refused(path, "damaged or truncated")
    path.write_bytes(pickle.dumps([1, 2], protocol=2))
    refused(path, "got a pickled list, expected a pickled dictionary")
    path.write_bytes(pickle.dumps({"data": [1.0], "labels": 3}, protocol=2))
    refused(path, "data: got a list, expected a numeric array")


def test_wrong_shape_rate_missing_and_swapped(tmp_path: Path) -> None:
    good = deap_arrays(1, TRIALS)
    path = write(tmp_path, 1, {"data": good["data"]})
    refused(path, "arrays: got data, expected one named labels")
    write(tmp_path, 1, {"data": good["data"][:, :32], "labels": good["labels"]})
    refused(path, "data: got shape (3, 32, 8064), expected (3, 40, 8064)")
    faster = np.repeat(good["data"], 2, axis=2)  # 256 Hz
    write(tmp_path, 1, {"data": faster, "labels": good["labels"]})
    refused(path, "data: got shape (3, 40, 16128)", "63 s at 128 Hz")
    write(tmp_path, 1, {"data": good["labels"], "labels": good["data"]})
    refused(path, "data: got shape (3, 4), expected (3, 40, 8064)")
    write(tmp_path, 1, {"data": good["data"], "labels": good["labels"] - 9})
    refused(path, "labels: got a rating of -4, expected 1 … 9")


def test_nan_and_flat_baseline(tmp_path: Path) -> None:
    good = deap_arrays(1, TRIALS)
    broken = good["data"].copy()
    broken[1, 0, 5] = np.nan
    path = write(tmp_path, 1, {**good, "data": broken})
    refused(path, "trial 2: baseline: Fp1: got NaN")
    broken = good["data"].copy()
    broken[2, deap.CHANNELS.index("F7"), :384] = 3.0
    write(tmp_path, 1, {**good, "data": broken})
    refused(path, "trial 3: baseline: F7: got a flat line")


class _Command:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (self.command,)


@pytest.mark.parametrize("place", ["whole", "value", "inside an array", "before the arrays"])
def test_hostile_pickle_is_refused_and_not_executed(tmp_path: Path, place: str) -> None:
    mark = tmp_path / "executed"
    call = pickle.dumps(_Command(f"touch {mark}"), protocol=2)[2:-1]  # without header and stop
    good = py2_pickle(deap_arrays(1, 1))
    hostile = {
        "whole": b"\x80\x02" + call + b".",
        "value": b"\x80\x02}(U\x04data" + call + b"u.",
        "inside an array": good.replace(b"cnumpy\ndtype\n", call + b"0cnumpy\ndtype\n", 1),
        "before the arrays": b"\x80\x02" + call + b"0" + good[2:],
    }[place]
    (tmp_path / "s01.dat").write_bytes(hostile)
    refused(tmp_path / "s01.dat", "system", "nothing of it was executed")
    assert not mark.exists()
    pickle.loads(hostile, encoding="latin1")  # the test's own check: Python's unpickler does execute it
    assert mark.exists()


@pytest.mark.parametrize("call", [
    b"cbuiltins\neval\n(U\x011tR.", b"cnumpy\nload\n(U\x01xtR.", b"c__builtin__\nopen\n(U\x01xtR."
])
def test_no_other_name_is_looked_up(tmp_path: Path, call: bytes) -> None:
    (tmp_path / "s01.dat").write_bytes(b"\x80\x02" + call)
    refused(tmp_path / "s01.dat", call.split(b"\n")[1].decode(), "nothing of it was executed")


def test_object_arrays_and_lying_shapes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s01.dat"
    path.write_bytes(pickle.dumps({"data": np.array([{}], dtype=object)}, protocol=2))
    refused(path, "numeric arrays")
    good = py2_pickle({"data": np.zeros((2, 3))})
    assert good.count(struct_i(3)) == 1
    path.write_bytes(good.replace(struct_i(3), struct_i(2**30)))
    refused(path, "48 bytes for an array of shape")


def struct_i(value: int) -> bytes:
    return b"J" + value.to_bytes(4, "little")


def test_folder_missing_or_empty(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="DATA_ROOT: got none"):
        load("deap", None)
    with pytest.raises(UserError, match=r"DATA_ROOT: got .*nowhere, which is not a folder"):
        load("deap", tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"DATA_ROOT: got .* without any s01\.dat"):
        load("deap", tmp_path)


def write_mat(path: Path, arrays: dict[str, np.ndarray], version: str = "v5") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return {"v5": write_v5, "v7.3": write_v73}[version](path, arrays)


@pytest.mark.parametrize("version", ["v5", "v7.3"])
def test_matlab_files_read_as_the_pickles_do(tmp_path: Path, version: str) -> None:
    """data_preprocessed_matlab: the same arrays under the same names."""
    arrays = deap_arrays(3, TRIALS)
    write(tmp_path / "a", 3, arrays)
    write_mat(tmp_path / "b" / "data_preprocessed_matlab" / "s03.mat", arrays, version)
    pickled, matlab = (read_all(load("deap", tmp_path / name)) for name in "ab")
    assert [r.label for r in pickled] == [r.label for r in matlab]
    for one, other in zip(pickled, matlab, strict=True):
        assert np.array_equal(one.signal, other.signal)


def test_bad_matlab_files(tmp_path: Path) -> None:
    good = deap_arrays(3, TRIALS)
    path = write_mat(tmp_path / "s03.mat", {"data": good["data"]})
    refused(path, "variables: got data, expected one named labels")
    write_mat(path, {**good, "data": good["data"][:, :, :4032]})  # 64 Hz
    refused(path, "data: got shape (3, 40, 4032), expected (3, 40, 8064)")
    path.write_bytes(path.read_bytes()[:100_000])
    refused(path, "damaged or truncated")


@pytest.mark.parametrize("other", ["s01.mat", "S01.DAT", "S01.mat"])
def test_two_files_of_one_subject(tmp_path: Path, other: str) -> None:
    write(tmp_path, 1)
    (tmp_path / other).touch()
    both = r"subject 1: got (s01\.dat and \S+|\S+ and s01\.dat), expected one file"
    with pytest.raises(UserError, match=both) as caught:
        load("deap", tmp_path)
    assert other in str(caught.value)


def test_both_folders_of_the_release(tmp_path: Path) -> None:
    python, matlab = (tmp_path / f"data_preprocessed_{kind}" for kind in ("python", "matlab"))
    write(python, 1)
    matlab.mkdir()
    assert load("deap", tmp_path).subjects == (1,)  # an empty folder is no choice
    write_mat(matlab / "s02.mat", deap_arrays(2, 1))
    with pytest.raises(UserError, match=f"DATA_ROOT: got files in {python} and in {matlab}, expected one of these"):
        load("deap", tmp_path)
    assert load("deap", matlab).subjects == (2,)
