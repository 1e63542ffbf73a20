"""`folder`: a user's own recordings, described by one dataset.toml beside them: EDF, BDF, FIF (.fif, .fif.gz),
BrainVision (.vhdr) or npz.

    name = "office"
    class_names = ["rest", "work"]
    sampling_hz = 256                # of the files, as they say it
    resample_hz = 128                # optional: bring all to this rate (a whole number)
    sample_s = 1.5                   # length of a sample
    frames_per_sample = 6            # T
    electrodes = ["Fp1", "Fp2", "Cz", "O1", "O2"]
    grid = [["Fp1", "", "Fp2"], ["", "Cz", ""], ["O1", "", "O2"]]   # optional, "" is an empty cell
    features = ["pse"]               # optional, pse; some of pse, bandpower, de
    rest = "rest"                    # optional: the class that is a person's rest, for STANDARDISATION=rest-baseline

    [[trials]]
    file = "anna.edf"                # beside dataset.toml, or a path from there
    subject = 1
    session = 1                      # optional, 1
    label = "rest"
    sampling_hz = 500                # optional: this file has another rate (with resample_hz)
    start_s = 3.0                    # optional, the file's start
    stop_s = 63.0                    # optional, the file's end
    baseline_s = [0.0, 3.0]          # optional, in every trial or in none

`name` is made of letters, digits, - _ . and begins with one of the first two (pictures are named by it). Nothing is
resampled unless resample_hz says so; a sampling_hz that is not whole, such as 256.016, needs it. Times are the file's
own: where it has gaps, a trial lies between two of them. No stretch of a file is in two trials.

Electrodes without a grid must be names of the standard montage (montage.py); the grid is then square, its side the
smallest odd one whose cells number at least 5/4 of the electrodes. A name that stands in a file exactly so is taken;
else `EEG `, `-LE`, `-REF`, `-AVG`, `-AR`, dots, case, and T3 = T7, T4 = T8, T5 = P7, T6 = P8 make no difference
(formats/channels.py). Channels that are not asked for are left, whatever they hold. An npz holds `signal` (electrodes,
samples), rows in the order of `electrodes`, `sampling_hz`, and perhaps `unit` ("uV", "mV", "V", "nV"); without, it is
microvolt.

With a baseline a trial is z-scored by it, as the paper does; without, it is conditioned as EEGMAT is (common average,
1 to 45 Hz). Trials are numbered from 1 within a subject's session, in the order of the file.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from base.errors import UserError, expected
from model.data.formats import brainvision, channels, fif
from model.data.formats.edf import open_edf
from model.data.formats.npz import open_npz
from model.data.formats.recorded import DAMAGE, Recorded, usable
from model.data.grid import Grid, electrodes
from model.data.recording import Dataset, Layout, Recording, check_frames
from model.data.sets.description import FILE_NAME, Description, TrialEntry, read_description, suffix
from model.data.sets.montage import from_montage
from model.data.sets.paper import paper_settings
from model.data.signal.conditioning import check_average, from_baseline, resample


def load(root: Path | None) -> Dataset:
    """The data set that dataset.toml in `root` describes. UserError on anything missing in it or contradictory."""
    if root is None or not (root / FILE_NAME).is_file():
        raise expected("DATA_ROOT", f"{root or 'none'}, without {FILE_NAME}", f"a folder with a {FILE_NAME}")
    path = root / FILE_NAME
    given = read_description(path)
    if given.trials[0].baseline_s is None:
        check_average(given.electrodes, f"{path}: electrodes")
    layout = Layout(given.layout_hz, given.sample_s, given.frames_per_sample, _grid(given, path))
    check_frames(layout, f"{path}: frames_per_sample")
    settings = paper_settings(layout, given.features)
    subjects = tuple(sorted({trial.subject for trial in given.trials}))
    return Dataset(given.name, False, f"own recordings: {given.name}", given.class_names, layout, settings, subjects,
                   partial(_read, root, given, layout), partial(_files, root, given), given.model_dump_json(),
                   resamples=given.resample_hz is not None, rest=given.rest)


def _grid(given: Description, path: Path) -> Grid:
    if given.grid is None:
        side = math.ceil(math.sqrt(1.25 * len(given.electrodes)))
        side += 1 - side % 2
        own = {channels.plain(name): name for name in given.electrodes}
        return tuple(tuple(cell and own[cell] for cell in row) for row in from_montage(tuple(own), side, side))
    widths = {len(row) for row in given.grid}
    if len(widths) != 1 or 0 in widths:
        raise expected(f"{path}: grid", f"rows of {sorted(widths)} cells", "rows of equal length")
    cells = tuple(tuple(name or None for name in row) for row in given.grid)
    if sorted(electrodes(cells)) != sorted(given.electrodes):
        odd = set(electrodes(cells)) ^ set(given.electrodes)
        raise expected(f"{path}: grid", f"{' '.join(sorted(odd)) or 'an electrode twice'}, not in both",
                       "each of `electrodes` once")
    return cells


def _files(root: Path, given: Description, subject: int) -> list[Path]:
    """The files of one subject's trials, and those that they name: BrainVision's data, the parts of a split FIF."""
    files: list[Path] = []
    for path in dict.fromkeys(root / trial.file for trial in given.trials if trial.subject == subject):
        files.append(path)
        # One that cannot be opened is named alone: reading it will say what is wrong.
        with suppress(UserError, *DAMAGE):
            if suffix(path) == ".vhdr":
                files += brainvision.files(path)
            elif suffix(path).startswith(".fif"):
                files += fif.files(path)
    return files


def _read(root: Path, given: Description, layout: Layout, subject: int) -> Iterator[Recording]:
    """One subject's trials in the order of dataset.toml; one trial's signal is held at a time."""
    counted: Counter[int] = Counter()
    for trial in given.trials:
        if trial.subject != subject:
            continue
        counted[trial.session] += 1
        where = f"{root / trial.file}: subject {subject}, session {trial.session}, trial {counted[trial.session]}"
        try:
            signal, unit_uv, raw_hz, notes = _signal(root / trial.file, given, trial, layout, where)
        except DAMAGE as error:
            raise UserError(f"{root / trial.file}: not a readable recording: {' '.join(str(error).split())}") from error
        label = given.class_names.index(trial.label)
        yield Recording(subject, trial.session, counted[trial.session], label, signal, notes, unit_uv, raw_hz)


def _signal(
    path: Path, given: Description, trial: TrialEntry, layout: Layout, where: str
) -> tuple[np.ndarray, float | np.ndarray, float | None, tuple[str, ...]]:
    """One trial as a Recording has it: signal, unit_uv, raw_hz, notes."""
    recorded = _open(path, given, layout)
    declared = trial.sampling_hz or given.sampling_hz
    if not abs(recorded.rate_hz - declared) <= 1e-6 * declared:
        raise expected(f"{path}: sampling rate", f"{recorded.rate_hz:.9g} Hz", f"{FILE_NAME}'s {declared:.9g} Hz")
    signal, notes = usable(recorded, trial.start_s, trial.stop_s, layout.sample_s, where)
    if trial.baseline_s is None:
        return signal, 1.0, recorded.rate_hz, notes
    baseline, more = usable(recorded, *trial.baseline_s, 0.0, f"{where}: baseline")
    signal, baseline = (resample(part, recorded.rate_hz, layout.sampling_hz) for part in (signal, baseline))
    return *from_baseline(signal, baseline, layout.electrodes, where), None, notes + more


def _open(path: Path, given: Description, layout: Layout) -> Recorded:
    """The file's electrodes in the order of the layout's, whatever the format."""
    match suffix(path):
        case ".edf" | ".bdf":
            return open_edf(path, layout.electrodes)
        case ".vhdr":
            return brainvision.open_brainvision(path, layout.electrodes)
        case ".npz":
            rows = [given.electrodes.index(name) for name in layout.electrodes]
            recorded = open_npz(path, given.electrodes)
            return replace(recorded, labels=layout.electrodes, read=lambda *span: recorded.read(*span)[rows])
        case _:
            return fif.open_fif(path, layout.electrodes)
