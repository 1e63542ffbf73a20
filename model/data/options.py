"""What a run can be told about its data: how recordings become samples, and who trains and who is tested.

No reader and no mne here: the settings are checked before anything is read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from base.errors import expected
from model.data.folds.splits import BY_SUBJECT, SPLITS, parse_subjects
from model.data.folds.standardise import check_standardisation
from model.data.recording import Layout, Preparation, check_rest, check_stride
from model.data.signal.features import feature_names
from model.data.signal.filters import check_filter
from model.data.signal.smoothing import check_smoothing


@dataclass(frozen=True)
class Changes:
    """What is done otherwise than in the data set's own Preparation; None: as there."""

    filter: str | None = None
    features: tuple[str, ...] | None = None
    smoothing: str | None = None
    standardisation: str | None = None
    train_stride: int | None = None
    rest_s: float | None = None
    overlap: bool = True  # of training windows, as train_stride says; False: none, where train_stride says nothing

    def check(self) -> None:
        """UserError on a value that no data set can take."""
        if self.filter is not None:
            check_filter(self.filter)
        if self.features is not None:
            feature_names(self.features)
        if self.smoothing is not None:
            check_smoothing(self.smoothing)
        if self.standardisation is not None:
            check_standardisation(self.standardisation)
        if self.train_stride is not None:
            check_stride(self.train_stride)
        if self.rest_s is not None:
            check_rest(self.rest_s)

    def of(self, own: Preparation, layout: Layout) -> Preparation:
        """`own`, changed. UserError where it does not go with the layout."""
        said = {name: value for name, value in vars(self).items() if value is not None and name != "overlap"}
        if not self.overlap:
            said = {"train_stride": layout.frames_per_sample, **said}
        changed = replace(own, **said)
        check_stride(changed.train_stride, layout.frames_per_sample)
        return changed


@dataclass(frozen=True)
class Choice:
    """SPLIT, TEST_SUBJECTS, VALIDATION_SUBJECTS; None: chosen by the rule of folds/splits.py."""

    split: str = BY_SUBJECT
    test: str | None = None
    validation: str | None = None

    def check(self) -> None:
        """UserError on another split, on text that names no subjects, and on subjects named for a split within them."""
        if self.split not in SPLITS:
            raise expected("SPLIT", repr(self.split), "one of " + ", ".join(SPLITS))
        for name, text in self.named.items():
            parse_subjects(text, name)
            if self.split != BY_SUBJECT:
                raise expected(name, f"{text!r} with SPLIT={self.split}", "none: every subject is in each part")

    @property
    def named(self) -> dict[str, str]:
        """Variable -> its text, of those given."""
        given = {"TEST_SUBJECTS": self.test, "VALIDATION_SUBJECTS": self.validation}
        return {name: text for name, text in given.items() if text is not None}

    @property
    def protocol(self) -> str:
        """The protocol of folds/protocols.py that divides a run's samples."""
        return SPLITS[self.split]


USUAL, UNCHANGED = Choice(), Changes()
