"""EEGMAT's recordings, where they are at hand: live gives batch's integers for every window, and calls none unsure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from live_runs import pipeline, push
from synthetic import make_spec
from test_data_real import PUBLISHED, RESAMPLED, need

from live.network import Network
from live.pipeline import CLASS, UNSURE
from model.data.folds.windows import to_grid
from model.data.registry import load
from model.data.trials import extract_subject
from spec import golden


@pytest.mark.long
@pytest.mark.parametrize(("root", "subjects", "windows"), [(RESAMPLED, range(18, 24), 924), (PUBLISHED, (0,), 154)],
                         ids=["128 Hz", "500 Hz"])
def test_live_is_batch(root: object, subjects: range, windows: int) -> None:
    need(root)
    dataset = load("eegmat", root)
    settings = replace(dataset.settings, filter="causal", smoothing="causal")
    layout, spec = dataset.layout, make_spec(channels=20, height=5, width=5)
    scaling = np.full((20, 5, 5), 1.5), np.full((20, 5, 5), 2.0)
    known = Network("eegmat", False, dataset.class_names, layout, settings.features, "causal", True, *scaling, spec)
    compared = 0
    for subject in subjects:
        for recording, trial in zip(dataset.read(subject), extract_subject(dataset, settings, subject), strict=True):
            results = push(pipeline(known, recording.raw_hz or 0), recording.signal, block=16)
            assert not [result.said for result in results if result.state == UNSURE]
            found = [result for result in results if result.state == CLASS]
            own = np.lib.stride_tricks.sliding_window_view(trial.frames, 4, axis=0)
            maps = (to_grid(np.moveaxis(own, -1, 1), layout.grid) - known.mean) / known.deviation
            words = spec.input.quantise(maps.astype(np.float32))
            logits = golden.run(spec, words).logits
            assert np.array_equal(np.stack([result.words for result in found if result.words is not None]), words)
            assert [result.answer.logits.tolist() for result in found if result.answer] == logits.tolist()
            compared += len(found)
    assert compared == windows
