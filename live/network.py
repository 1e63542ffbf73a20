"""What live use needs of a run: how its samples were made, how they were scaled, and the network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from base.errors import UserError, expected
from base.files import read_json, read_npz
from model.data.folds.standardise import REST_BASELINE, TRAIN_SUBJECTS
from model.data.recording import Layout
from model.data.signal.features import feature_names
from model.data.signal.filters import CAUSAL, ZERO_PHASE
from spec.netspec import NetSpec

SMOOTHINGS = ("causal", "none")  # those that see no future


@dataclass(frozen=True, eq=False)
class Network:
    """mean, deviation: float64 (T*F, H, W), of the training subjects: a sample is (features - mean) / deviation.

    A calibration by the wearer's own rest would put others in their place. resamples: recordings of another rate than
    the layout's are brought to it.
    """

    name: str
    simulated: bool
    class_names: tuple[str, ...]
    layout: Layout
    features: tuple[str, ...]
    smoothing: str
    resamples: bool
    mean: np.ndarray
    deviation: np.ndarray
    spec: NetSpec

    @classmethod
    def load(cls, out: Path, folder: Path) -> Network:
        """From a run's OUT and the folder of its spec. UserError where live use cannot do what the run did, and on
        files that are missing, damaged or not of one run."""
        spec = NetSpec.load(folder)
        path = out / "dataset.json"
        try:
            said = read_json(path)
            arrays = read_npz(out / "samples.npz")
            check(said.get("filter", ZERO_PHASE), said["smoothing"], said["standardisation"])
            grid = tuple(tuple(row) for row in said["grid"])
            layout = Layout(int(said["sampling_hz"]), float(said["sample_s"]), int(said["shape"][0]), grid)
            network = cls(said["name"], said["simulated"], tuple(said["class_names"]), layout, _selection(said),
                          said["smoothing"], said["resamples"], arrays["mean"], arrays["deviation"], spec)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{out}: got no whole samples of a run ({error!r}), expected dataset.json and samples.npz "
                            "(`make lower` with FILTER=causal makes them)") from error
        network._check(path)
        return network

    def _check(self, path: Path) -> None:
        unit, (frames, height, width) = self.spec.input, self.layout.shape
        shape = (frames * len(feature_names(self.features)), height, width)
        if shape != (unit.channels, unit.height, unit.width):
            raise expected(f"{path}: samples", f"shape {shape}", f"({unit.channels}, {unit.height}, {unit.width}), "
                           "those of the spec")
        for name, array in (("mean", self.mean), ("deviation", self.deviation)):
            if array.shape != shape or array.dtype != np.float64 or not np.isfinite(array).all():
                raise expected(f"{path.parent}/samples.npz: {name}", f"{array.dtype} {array.shape}",
                               f"finite float64 {shape}")
        if not (self.deviation > 0).all():
            raise expected(f"{path.parent}/samples.npz: deviation", self.deviation.min(), "above 0")


def check(filtered: str, smoothing: str, standardisation: str) -> None:
    """UserError, in one line, where samples were made in a way that live use cannot follow."""
    if filtered != CAUSAL or smoothing not in SMOOTHINGS:
        raise expected("live use", f"a network trained with FILTER={filtered} SMOOTHING={smoothing}, which hear the "
                       "future", f"one trained with FILTER={CAUSAL} SMOOTHING={SMOOTHINGS[0]}")
    if standardisation != TRAIN_SUBJECTS:
        why = ("for which live use does not take the wearer's rest yet" if standardisation == REST_BASELINE
               else "which needs a person's whole recordings")
        raise expected("live use", f"a network trained with STANDARDISATION={standardisation}, {why}",
                       f"one trained with STANDARDISATION={TRAIN_SUBJECTS}")


def _selection(said: dict[str, Any]) -> tuple[str, ...]:
    """The features' selection of which dataset.json names each channel."""
    return tuple(dict.fromkeys(name.split("_")[0] for name in said["features"]))
