"""How the paper makes samples of the emotion data sets: the settings they share.

After the z-score by each trial's own baseline (conditioning.from_baseline): power spectral entropy per frame and
electrode, samples that do not overlap, a linear dynamical system fitted by expectation-maximisation that smooths
within each trial. The paper does not say how features are scaled for the network; here they are standardised on
the training subjects.
"""

from __future__ import annotations

from model.data.folds.standardise import TRAIN_SUBJECTS
from model.data.recording import Layout, Preparation
from model.data.signal.smoothing import EM_SMOOTHER


def paper_settings(layout: Layout, features: tuple[str, ...] = ("pse",)) -> Preparation:
    return Preparation(features, EM_SMOOTHER, TRAIN_SUBJECTS, train_stride=layout.frames_per_sample)
