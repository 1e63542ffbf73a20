"""The cache of features: never other values than an extraction, never one that was made from something else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import mne
import numpy as np
import pytest
from eeg_files import in_memory, noise, write_eegmat
from emotion_files import dreamer_tree, write_v73
from seed_files import SEED_LABELS, write_times, write_v5

from base.errors import UserError
from base.files import read_npz
from flow import run as flow_run
from flow import settings as variables
from model.data import cache
from model.data.folds import standardise
from model.data.grid import TEN_TWENTY
from model.data.options import Choice
from model.data.prepare import prepare
from model.data.recording import Dataset, Layout, Preparation, Recording
from model.data.registry import load
from model.data.sets import folder, simulated
from model.data.sets.eegmat import LAYOUT
from model.data.trials import Trial, extract

SUBJECTS = 4
SETTINGS = Preparation(("pse", "bandpower"), "smoother", standardise.TRAIN_SUBJECTS, 1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """EEGMAT of four subjects, last changed a minute ago."""
    root = write_eegmat(tmp_path / "eegmat", range(SUBJECTS))
    for path in root.iterdir():
        age(path)
    return root


def age(path: Path) -> None:
    os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns - 60 * 10**9))


class Reads:
    """A data set that counts: `subjects` are those whose recordings were asked for. Ends at `stop` by an interrupt."""

    def __init__(self, dataset: Dataset, stop: int | None = None) -> None:
        self.subjects: list[int] = []
        self.dataset = replace(dataset, read=self._read)
        self._inner, self._stop = dataset.read, stop

    def _read(self, subject: int) -> Iterable[Recording]:
        if subject == self._stop:
            raise KeyboardInterrupt
        self.subjects.append(subject)
        return self._inner(subject)


def equal(a: list[Trial], b: list[Trial]) -> bool:
    def tags(trials: list[Trial]) -> list[tuple[int, int, int]]:
        return [(trial.subject, trial.number, trial.label) for trial in trials]

    return tags(a) == tags(b) and all(
        x.frames.dtype == y.frames.dtype and np.array_equal(x.frames, y.frames) for x, y in zip(a, b, strict=True)
    )


def read_again(root: Path, out: Path, settings: Preparation = SETTINGS) -> list[int]:
    """The subjects that are read, when what is returned is right."""
    counted = Reads(load("eegmat", root))
    found = cache.trials(counted.dataset, settings, out)
    assert equal(found, extract(load("eegmat", root), settings))
    return counted.subjects


def test_a_hit_reads_nothing_and_is_equal(root: Path, tmp_path: Path) -> None:
    assert read_again(root, tmp_path / "cache") == [0, 1, 2, 3]
    assert read_again(root, tmp_path / "cache") == []
    moved = root.rename(tmp_path / "elsewhere")
    assert read_again(moved, tmp_path / "cache") == []


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({"features": ("pse",)}, True),
        ({"features": ("bandpower", "pse")}, True),
        ({"smoothing": "none"}, True),
        ({"standardisation": standardise.PER_SUBJECT}, False),
        ({"train_stride": 4}, False),
    ],
)
def test_settings(root: Path, tmp_path: Path, changed: dict[str, str], missed: bool) -> None:
    read_again(root, tmp_path / "cache")
    settings = replace(SETTINGS, **changed)  # type: ignore[arg-type]
    assert read_again(root, tmp_path / "cache", settings) == ([0, 1, 2, 3] if missed else [])


def test_a_changed_byte_is_seen_in_its_subject_alone(root: Path, tmp_path: Path) -> None:
    read_again(root, tmp_path / "cache")
    path = root / "Subject02_1.edf"
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(content)
    assert read_again(root, tmp_path / "cache") == [2]


@pytest.mark.parametrize("part", ["name", "layout", "class_names", "parameters", "code"])
def test_what_else_the_key_holds(root: Path, tmp_path: Path, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read_again(root, tmp_path / "cache")
    other = {"name": "another", "layout": replace(LAYOUT, sample_s=4.0), "class_names": ("rest", "task"),
             "parameters": "other"}
    dataset = load("eegmat", root)
    if part == "code":
        monkeypatch.setattr(cache, "_code", lambda: ["other"])
    else:
        dataset = replace(dataset, **{part: other[part]})  # type: ignore[arg-type]
    counted = Reads(dataset)
    assert equal(cache.trials(counted.dataset, SETTINGS, tmp_path / "cache"), extract(dataset, SETTINGS))
    assert counted.subjects == [0, 1, 2, 3]


def test_files_that_have_not_changed_are_hashed_once(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    inner = cache.file_hash

    def counting(path: Path) -> str:
        hashed.append(path.name)
        return inner(path)

    monkeypatch.setattr(cache, "file_hash", counting)
    (root / "Subject03_2.edf").touch()  # so lately that another change could have the same time
    read_again(root, tmp_path / "cache")
    assert len(set(hashed)) == 8
    hashed.clear()
    read_again(root, tmp_path / "cache")
    assert hashed == ["Subject03_2.edf"]
    (tmp_path / "cache" / "files.json").write_text('{"a": ')
    assert read_again(root, tmp_path / "cache") == []


def test_an_interrupted_extraction_goes_on(root: Path, tmp_path: Path) -> None:
    counted = Reads(load("eegmat", root), stop=2)
    with pytest.raises(KeyboardInterrupt):
        cache.trials(counted.dataset, SETTINGS, tmp_path / "cache")
    assert counted.subjects == [0, 1]
    assert read_again(root, tmp_path / "cache") == [2, 3]


def recordings(count: int = 3) -> list[Recording]:
    return [Recording(7, 1, trial, trial % 2, noise(trial, 13 + trial)) for trial in range(count)]


def damaged(content: bytes) -> list[bytes]:
    """Cut short at several places, empty, other bytes, and with one bit turned here and there."""
    cuts = [content[: len(content) * k // 8] for k in range(8)] + [content[:-1], b"\0" * len(content)]
    rng = np.random.default_rng(0)
    places = [*rng.integers(0, len(content), 60), *range(40), *range(len(content) - 300, len(content), 3)]
    return cuts + [content[:k] + bytes([content[k] ^ 1 << k % 8]) + content[k + 1 :] for k in places]


def test_damage_is_never_returned(tmp_path: Path) -> None:
    dataset = replace(in_memory(recordings(), LAYOUT, SETTINGS), files=lambda _: [])
    right = cache.trials(dataset, SETTINGS, tmp_path / "cache")
    [path] = (tmp_path / "cache").glob("features-*.npz")
    whole = path.read_bytes()
    remade = 0
    for content in damaged(whole):
        path.write_bytes(content)
        counted = Reads(dataset)
        assert equal(cache.trials(counted.dataset, SETTINGS, tmp_path / "cache"), right)
        remade += bool(counted.subjects)
        assert bool(counted.subjects) == (path.read_bytes() != content)
    assert remade > 60  # the others turned a bit that says nothing, such as a date


def test_an_array_that_its_header_makes_smaller(tmp_path: Path) -> None:
    """numpy does not read it to its end, where zipfile would compare the sum."""
    path = tmp_path / "a.npz"
    np.savez(path, a=np.arange(9000))
    assert cache._read_arrays(path) is not None
    path.write_bytes(path.read_bytes().replace(b"(9000,)", b"(1000,)"))
    assert len(read_npz(path)["a"]) == 1000
    assert cache._read_arrays(path) is None


def test_an_entry_of_another_form_is_made_anew(root: Path, tmp_path: Path) -> None:
    dataset = replace(load("eegmat", root), subjects=(1,))
    right = cache.trials(dataset, SETTINGS, tmp_path / "cache")
    [path] = (tmp_path / "cache").glob("features-*.npz")
    whole = read_npz(path)
    nan = whole["frames"].copy()
    nan[3, 2, 1] = np.nan
    for other in ({"frames": whole["frames"][:, :, 1:]}, {"frames": whole["frames"][1:]}, {"frames": nan},
                  {"label": whole["label"] + 2}, {"number": whole["number"][:1]}, {"extra": nan}):
        np.savez(path, **whole | other)
        counted = Reads(dataset)
        assert equal(cache.trials(counted.dataset, SETTINGS, tmp_path / "cache"), right)
        assert counted.subjects == [1]


def faulty(**changed: object) -> list[Recording]:
    return [*recordings(), replace(recordings(4)[3], **changed)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        faulty(trial=0),
        faulty(label=2),
        faulty(trial=1000),
        faulty(signal=noise(0, 12)[1:]),
        faulty(signal=noise(0, 5)),
        faulty(signal=np.full((19, 2000), np.nan)),
    ],
)
@pytest.mark.parametrize("use", [lambda d, f: cache.trials(d, SETTINGS, f), lambda d, f: cache.signals(d, f)])
def test_the_errors_of_an_extraction(
    wrong: list[Recording], use: Callable[[Dataset, Path], object], tmp_path: Path
) -> None:
    dataset = replace(in_memory(wrong, LAYOUT, SETTINGS), files=lambda _: [])
    with pytest.raises(UserError) as wanted:
        extract(dataset, SETTINGS)
    with pytest.raises(UserError) as got:
        use(dataset, tmp_path / "cache")
    assert str(got.value) == str(wanted.value)
    assert not list((tmp_path / "cache").glob("*"))


def test_a_damaged_or_missing_data_file_is_the_readers_error(root: Path, tmp_path: Path) -> None:
    dataset = load("eegmat", root)
    path = root / "Subject01_2.edf"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"Subject01_2\.edf"):
        cache.trials(dataset, SETTINGS, tmp_path / "cache")
    path.unlink()
    with pytest.raises(UserError) as wanted:
        extract(dataset, SETTINGS)
    with pytest.raises(UserError) as got:
        cache.trials(dataset, SETTINGS, tmp_path / "cache")
    assert str(got.value) == str(wanted.value)


@pytest.mark.parametrize("use", [lambda d, f: cache.trials(d, SETTINGS, f), lambda d, f: cache.signals(d, f)])
def test_files_that_change_while_they_are_read(
    use: Callable[[Dataset, Path], object], root: Path, tmp_path: Path
) -> None:
    dataset = load("eegmat", root)

    def read(subject: int) -> Iterable[Recording]:
        yield from dataset.read(subject)
        with (root / "Subject00_1.edf").open("ab") as file:
            file.write(b"\0")

    with pytest.raises(UserError, match="subject 0: got files that changed while they were read"):
        use(replace(dataset, read=read), tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.npz"))


def test_a_data_set_of_unknown_origin_is_not_kept(tmp_path: Path) -> None:
    """Two data sets in memory, alike in all that could be a key."""
    for scale in (1, 2):
        own = [replace(recording, signal=scale * recording.signal) for recording in recordings()]
        dataset = in_memory(own, LAYOUT, SETTINGS)
        assert equal(cache.trials(dataset, SETTINGS, tmp_path), extract(dataset, SETTINGS))
        windows, _ = cache.signals(dataset, tmp_path)
        assert np.array_equal(windows[0], own[0].signal[:, :768].astype("f4"))


def test_simulated_eeg_has_no_files_and_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "SUBJECTS", 2)
    for seed, read in ((1, [0, 1]), (1, []), (2, [0, 1])):
        monkeypatch.setattr(simulated, "DATA_SEED", seed)
        counted = Reads(simulated.load())
        found = cache.trials(counted.dataset, SETTINGS, tmp_path)
        assert len({trial.frames.tobytes() for trial in found}) == len(found) == 4
        assert counted.subjects == read


def test_signals_line_up_with_frames(root: Path, tmp_path: Path) -> None:
    """EEGMAT, whose recordings are 15 and 9 s long: two windows of 6 s, and one."""
    dataset = load("eegmat", root)
    windows, numbers = cache.signals(dataset, tmp_path / "cache")
    assert isinstance(windows, np.memmap)
    assert (windows.dtype, windows.shape, numbers.dtype) == (np.float32, (12, 19, 768), np.int64)
    trials = extract(dataset, SETTINGS)
    counts = [len(trial.frames) // LAYOUT.frames_per_sample for trial in trials]
    assert numbers.tolist() == [t.number for t, count in zip(trials, counts, strict=True) for _ in range(count)]
    row = 0
    for recording, count in zip(dataset.recordings, counts, strict=True):
        starts = LAYOUT.frame_starts(recording.signal.shape[1])
        for k in range(count):
            start = starts[k * LAYOUT.frames_per_sample]
            assert np.array_equal(windows[row], recording.signal[:, start : start + 768].astype("f4"))
            row += 1
    assert row == len(windows)


def test_a_signal_that_ends_with_its_last_frame(tmp_path: Path) -> None:
    """T = 9 frames of 21 in 192 samples: the 18th frame ends at 383, the second window at 384."""
    layout = Layout(128, 1.5, 9, TEN_TWENTY)
    recording = Recording(0, 0, 0, 0, noise(1, 3)[:, :383])
    dataset = in_memory([recording], layout, replace(SETTINGS, features=("pse",)))
    [trial] = extract(dataset, dataset.settings)
    assert len(trial.frames) == 18
    windows, numbers = cache.signals(dataset, tmp_path)
    assert numbers.tolist() == [0, 0]
    assert np.array_equal(windows[1, :, :191], recording.signal[:, 192:].astype("f4"))
    assert np.array_equal(windows[1, :, 191], windows[1, :, 190])


def test_signals_are_kept_and_made_anew_where_they_must(root: Path, tmp_path: Path) -> None:
    dataset, out = load("eegmat", root), tmp_path / "cache"
    right = np.array(cache.signals(dataset, out)[0])

    def reads() -> list[int]:
        counted = Reads(load("eegmat", root))
        windows, numbers = cache.signals(counted.dataset, out)
        assert np.array_equal(windows, right)
        assert len(numbers) == len(right)
        return counted.subjects

    assert reads() == []
    for suffix in ("npy", "npz"):
        [path] = out.glob(f"signals-*.{suffix}")
        whole = path.read_bytes()
        turned = whole[:200] + bytes([whole[200] ^ 1]) + whole[201:]
        for content in (whole[:-1], whole[:100], b"", turned):
            path.write_bytes(content)
            assert reads() == [0, 1, 2, 3]
            assert reads() == []
        path.unlink()
        assert reads() == [0, 1, 2, 3]


def test_interrupted_signals_leave_nothing(root: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        cache.signals(Reads(load("eegmat", root), stop=2).dataset, tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["files.json"]


def test_no_recording(tmp_path: Path) -> None:
    dataset = replace(in_memory(recordings(), LAYOUT, SETTINGS), subjects=(8,), files=lambda _: [])
    assert cache.trials(dataset, SETTINGS, tmp_path) == []
    with pytest.raises(UserError, match="noise: got no recording"):
        cache.signals(dataset, tmp_path)


def test_own_recordings_name_what_their_headers_name(tmp_path: Path) -> None:
    """A FIF in two parts: the second, which dataset.toml does not name, counts as well."""
    raw = mne.io.RawArray(noise(0, 90, 1000) * 1e-6, mne.create_info(list(LAYOUT.electrodes), 1000, "eeg"),
                          verbose="ERROR")
    raw.save(tmp_path / "a_raw.fif", fmt="double", split_size="10MB", verbose="ERROR")
    electrodes = list(LAYOUT.electrodes)
    (tmp_path / "dataset.toml").write_text(
        f'name = "own"\nclass_names = ["rest", "work"]\nsampling_hz = 1000\nsample_s = 1.0\nframes_per_sample = 4\n'
        f'electrodes = {electrodes}\n[[trials]]\nfile = "a_raw.fif"\nsubject = 1\nlabel = "rest"\n'
    )
    dataset = folder.load(tmp_path)
    assert dataset.files is not None
    assert {path.name for path in dataset.files(1)} == {"a_raw.fif", "a_raw-1.fif"}
    assert '"label":"rest"' in dataset.parameters


def test_readers_name_every_file_that_decides(tmp_path: Path) -> None:
    """By subject, in the order of the sessions; what load() itself reads is in the parameters or held to constants."""
    names = {"s01.dat", "s02.dat", "1_20131027.mat", "1_20131030.mat", "1_20131107.mat"}
    (tmp_path / "Preprocessed_EEG").mkdir()
    for name in names:
        (tmp_path / "Preprocessed_EEG" / name).touch()
    write_v5(tmp_path / "Preprocessed_EEG" / "label.mat", {"label": np.array([SEED_LABELS])})
    for session, date in ((1, 20160518), (2, 20161125), (3, 20160101)):
        (tmp_path / "eeg_raw_data" / str(session)).mkdir(parents=True)
        (tmp_path / "eeg_raw_data" / str(session) / f"1_{date}.mat").touch()
    (tmp_path / "EEG_raw").mkdir()
    for session in (1, 2, 3):
        (tmp_path / "EEG_raw" / f"1_{session}_2018080{4 - session}.cnt").touch()
    times = {session: [(10 * k + 5, 10 * k + 10) for k in range(15)] for session in (1, 2, 3)}
    write_times(tmp_path / "trial_start_end_timestamp.txt", times)
    write_v73(tmp_path / "DREAMER.mat", {"DREAMER": dreamer_tree(0, subjects=1, seconds=1)})
    wanted = {
        "deap": ["s01.dat"],
        "dreamer": ["DREAMER.mat"],
        "seed": ["1_20131027.mat", "1_20131030.mat", "1_20131107.mat"],
        "seed-iv": ["1_20160518.mat", "1_20161125.mat", "1_20160101.mat"],
        "seed-v": ["1_1_20180803.cnt", "1_2_20180802.cnt", "1_3_20180801.cnt"],
    }
    for name, files in wanted.items():
        dataset = load(name, tmp_path / "Preprocessed_EEG" if name == "deap" else tmp_path)
        assert dataset.files is not None
        assert [path.name for path in dataset.files(1)] == files
    before = load("seed-v", tmp_path).parameters
    times[3][4] = (45, 49)
    write_times(tmp_path / "trial_start_end_timestamp.txt", times)
    assert load("seed-v", tmp_path).parameters != before


def test_the_run_keeps_its_features_and_tells(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int, int, str]] = []
    monkeypatch.setattr(flow_run, "tell", lambda *message: told.append(message))
    out = tmp_path / "build"
    given = variables.check("eegmat", str(root), "3", "default", "8", "0", str(out))
    flow_run._samples(given)
    assert told[0] == ("features", 0, 4, "subject 0")
    assert told[-1] == ("features", 4, 4, "subject 3")
    assert len(list((out / "cache").glob("features-*.npz"))) == 4
    prepare("eegmat", root, tmp_path / "plain", Choice(test="3"))
    kept, plain = (read_npz(path / "samples.npz") for path in (out, tmp_path / "plain"))
    assert all(np.array_equal(kept[name], plain[name]) for name in plain)
