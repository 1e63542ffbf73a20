"""SEED-V: EEG while watching film clips of five emotions, BCMI laboratory, Shanghai Jiao Tong University.

Liu et al., IEEE Trans. Cogn. Dev. Syst. 14, 715 (2021). EEG_raw/{subject}_{session}_{date}.cnt, 16 subjects, three
sessions each; a session's number says which films were shown, not when. Neuroscan .cnt, 1000 Hz, 32 bits, 66
channels: the 62 electrodes of the cap, mastoids M1 and M2, eye channels HEO and VEO (left out here).

trial_start_end_timestamp.txt, beside EEG_raw in the release, gives the seconds at which the 15 films of each
session start and end; it is read, not copied into this file. The labels stand in a spreadsheet of the release;
here they are a table (SESSION_LABELS), on which several public readers agree, torcheeg's seed_v.py among them.

The recording is raw, so it is brought to what the authors use, 200 Hz and 1 to 75 Hz. Each trial is filtered
together with the pause before it, whose last BASELINE_S seconds are the rest the paper scales a trial by; the
pauses of the release last 30 s or more, the first film starts at 30 s. One trial is in memory at a time.
"""

from __future__ import annotations

import codecs
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import signal as dsp

from base.errors import UserError, expected
from model.data.formats.cnt import open_cnt
from model.data.recording import Dataset, Recording
from model.data.sets.paper import paper_settings
from model.data.sets.seed_cap import LAYOUT, SAMPLE_S, SAMPLING_HZ, find_folder
from model.data.signal.conditioning import check_signal, from_baseline
from model.data.signal.still import trim

CLASS_NAMES = ("disgust", "fear", "sad", "neutral", "happy")
_SECOND = (2, 1, 3, 0, 4, 4, 0, 3, 2, 1, 3, 4, 1, 2, 0)
# Per session, indices of CLASS_NAMES; sessions 2 and 3 show their emotions in the same order.
SESSION_LABELS = {1: (4, 1, 3, 2, 0, 4, 1, 3, 2, 0, 4, 1, 3, 2, 0), 2: _SECOND, 3: _SECOND}
TRIALS = 15
BASELINE_S = 3.0  # as long as the rest DEAP records before each film
TIMES_NAME = "trial_start_end_timestamp.txt"
_DROPPED = ("M1", "M2", "HEO", "VEO")
_RECORDED_HZ = 1000
_BAND_HZ = (1.0, 75.0)
_FILTER_ORDER = 4
_TAIL_S = 2.0  # filtered along with a trial and cut off, as a 1 Hz edge rings for about that long
_FILE_NAME = re.compile(r"(\d+)_([123])_\d{8}\.cnt", re.IGNORECASE | re.ASCII)
_SECONDS = r"\s*:\s*\[([\d\s,.]*)\]\s*"
_TIMES = re.compile(rf"Session\s*(\d+)\s*:?\s*start_second{_SECONDS}end_second{_SECONDS}", re.ASCII)

Times = list[tuple[float, float]]  # start and end of each trial, seconds


def load(root: Path | None) -> Dataset:
    """SEED-V in `root`, the release or its EEG_raw. UserError on missing files and on a list of times not as above."""
    folder = find_folder(root, "EEG_raw", _FILE_NAME)
    files = _find(folder)
    times = read_times(_find_times(folder))

    def read(subject: int) -> Iterator[Recording]:
        for session, path in sorted(files[subject].items()):
            trials = zip(SESSION_LABELS[session], read_trials(path, times[session]), strict=True)
            for trial, (label, (signal, unit_uv)) in enumerate(trials, start=1):
                yield Recording(subject, session, trial, label, signal, unit_uv=unit_uv)

    source = "SEED-V, BCMI laboratory (Liu et al. 2021), for research on request"
    return Dataset("seed-v", False, source, CLASS_NAMES, LAYOUT, paper_settings(LAYOUT), tuple(sorted(files)), read,
                   lambda subject: [path for _, path in sorted(files[subject].items())], repr(times))


def _find(folder: Path) -> dict[int, dict[int, Path]]:
    """{subject: {session: file}}, three sessions each."""
    files: dict[int, dict[int, Path]] = defaultdict(dict)
    for path in sorted(folder.iterdir()):
        if (match := _FILE_NAME.fullmatch(path.name)) is None:
            continue
        subject, session = int(match[1]), int(match[2])
        if session in files[subject]:
            both = f"{files[subject][session].name}, {path.name}"
            raise expected(f"{folder}: subject {subject} session {session}", both, "one file")
        files[subject][session] = path
    if not files:
        raise expected(f"{folder}", "no {subject}_{session}_{date}.cnt", "files such as 1_1_20180804.cnt")
    for subject, sessions in files.items():
        if len(sessions) != len(SESSION_LABELS):
            got = "sessions " + ", ".join(map(str, sorted(sessions)))
            raise expected(f"{folder}: subject {subject}", got, "sessions 1, 2, 3")
    return files


def _find_times(folder: Path) -> Path:
    """The list of trials beside EEG_raw or in it; beside the folder itself too, where EEG_raw is a link to it."""
    places = (folder.absolute().parent, folder.resolve().parent, folder)
    listed = {path.resolve(): path for place in places if (path := place / TIMES_NAME).is_file()}
    if not listed:
        raise expected(f"{folder.absolute().parent}", f"no {TIMES_NAME}", "the release's list of trials beside EEG_raw")
    if len(listed) > 1:
        raise expected(TIMES_NAME, " and ".join(map(str, listed.values())), "one of them")
    return next(iter(listed.values()))


def read_times(path: Path) -> dict[int, Times]:
    """{session: start and end of its 15 trials}. Each must leave room for the baseline before it."""
    found: dict[int, tuple[str, str]] = {}
    for number, starts, ends in _TIMES.findall(_text(path)):
        if found.setdefault(int(number), (starts, ends)) != (starts, ends):
            raise expected(f"{path}: Session {int(number)}", "it twice, with other times", "every session once")
    times: dict[int, Times] = {}
    for session in SESSION_LABELS:
        name = f"{path}: Session {session}"
        if session not in found:
            raise expected(name, "no such entry", "start_second: [...] and end_second: [...]")
        try:
            starts, ends = ([float(item) for item in part.replace(",", " ").split()] for part in found[session])
        except ValueError as error:
            raise expected(name, f"a list with {str(error).split(':')[-1].strip()}", "numbers") from error
        if len(starts) != TRIALS or len(ends) != TRIALS:
            got = f"{len(starts)} start_second and {len(ends)} end_second"
            raise expected(name, got, f"{TRIALS} of each")
        for trial, (before, start, end) in enumerate(zip([0.0, *ends], starts, ends, strict=False), start=1):
            if start - before < BASELINE_S or end - start < SAMPLE_S:
                wanted = f"a start {BASELINE_S:g} s or more after {before:g}, an end {SAMPLE_S:g} s or more after it"
                raise expected(f"{name} trial {trial}", f"{start:g} to {end:g}", wanted)
        times[session] = list(zip(starts, ends, strict=True))
    return times


def _text(path: Path) -> str:
    """The file's text, in UTF-8 or, as Windows' editors save it, UTF-16; what is no text in it is marked, not read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: not readable: {error.strerror}") from error
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if wide else "utf-8-sig", errors="replace")


def read_trials(path: Path, times: Times) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Each trial of one .cnt: float64 (62, samples) at 200 Hz in deviations of its own baseline, and these, microvolt.

    Raises UserError on a damaged file, another rate, missing or unknown channels, a flat channel, a trial past the
    recording's end.
    """
    raw = open_cnt(path)
    rate = raw.sampling_hz
    if rate != _RECORDED_HZ:
        raise expected(f"{path}: sampling rate", f"{rate} Hz", f"{_RECORDED_HZ} Hz")
    rows = _pick(path, raw.labels)
    length_s = raw.samples / rate
    before = 0.0
    for trial, (start, end) in enumerate(times, start=1):
        if end > length_s:
            raise expected(f"{path}: trial {trial}", f"a recording of {length_s:g} s", f"{end:g} s or more")
        stop = round(min(end + _TAIL_S, length_s) * rate)
        segment = raw.read(rows, round(before * rate), stop)
        name = f"{path}: trial {trial}"
        rest, film_at = (round((seconds - before) * rate) for seconds in (start - BASELINE_S, start))
        # Apart and before the filter, which would ring from the one into the other.
        film_raw = segment[:, film_at : round((end - before) * rate)]
        _, still = trim(film_raw, rate, name)
        if still:
            raise expected(name, still[0].removeprefix(f"{name}: left out "), "a recording to the end of the film")
        check_signal(film_raw, LAYOUT.electrodes, f"{name}:")
        check_signal(segment[:, rest:film_at], LAYOUT.electrodes, f"{name}: baseline:")
        pause, film = (round(seconds * SAMPLING_HZ) for seconds in (start - before, end - start))
        yield _prepare(segment, pause, film, name)
        before = end


def _prepare(segment: np.ndarray, pause: int, film: int, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Filter and scale a trial: (62, samples) at 1000 Hz, a pause, a film and a tail -> the film at 200 Hz.

    pause, film: samples at 200 Hz. The polyphase filter is fed the signal less a line, so that the amplifier's
    offset makes no step at its ends.
    """
    slower = dsp.resample_poly(segment, 1, _RECORDED_HZ // SAMPLING_HZ, axis=-1, padtype="line")
    band = dsp.butter(_FILTER_ORDER, _BAND_HZ, btype="bandpass", fs=SAMPLING_HZ, output="sos")
    filtered = dsp.sosfiltfilt(band, slower, axis=-1)
    baseline = filtered[:, pause - round(BASELINE_S * SAMPLING_HZ) : pause]
    return from_baseline(filtered[:, pause : pause + film], baseline, LAYOUT.electrodes, name)


def _pick(path: Path, labels: tuple[str, ...]) -> list[int]:
    """The file's channel of each electrode, in the order of the layout."""
    named: dict[str, int] = {}
    for channel, label in enumerate(labels):
        first = named.setdefault(label.upper(), channel)
        if first != channel:
            raise expected(f"{path}: channels", f"{labels[first]} and {label}, channels {first + 1} and {channel + 1}",
                           "every electrode once")
    wanted = [name.upper() for name in LAYOUT.electrodes]
    missing = [name for name in wanted if name not in named]
    unknown = [labels[k] for name, k in named.items() if name not in wanted and name not in _DROPPED]
    if missing or unknown:
        parts = [("missing", missing), ("unknown", unknown)]
        got = " and ".join(f"{kind} {', '.join(names)}" for kind, names in parts if names)
        raise expected(f"{path}: channels", got, f"62 electrodes and {', '.join(_DROPPED)}")
    return [named[name] for name in wanted]
