"""What the stages leave in $OUT for the report, and the report itself: keys, units and ranges in one place.

A key that is missing, of the wrong type, not finite, or not known here is an error that names file and field.
Shares are 0 … 1, times are seconds, cycles are clock cycles. Counts are over the whole test set.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, ValidationError

from base.errors import UserError, expected
from base.files import read_json

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
# A count that may be a mean, or a half (one BRAM18); whole numbers are written without a fraction.
Amount = Annotated[float, Field(ge=0), PlainSerializer(lambda value: int(value) if value.is_integer() else value)]
Matrix = list[list[Count]]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class Power(Part):
    watts: Annotated[float, Field(gt=0)]
    source: str


class Run(Part):
    spec_digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    preset: str
    recipe: str
    bits: Annotated[int, Field(ge=2, le=32)]
    time_bits: Annotated[int, Field(ge=2, le=32)]
    widths: list[int]  # all that was quantised and compared, bits first
    seed: int
    repeat: str  # the make variables that repeat this run
    board: str
    part: str  # of the FPGA, with package and speed grade
    power: Power | None  # of the whole board, as somebody published it
    vitis: str  # what became of Vitis HLS
    tools: dict[str, str]  # name -> version, of all that the stages called


class Dataset(Part):
    """The data stage's own description may say more; the report carries this much of it."""

    model_config = ConfigDict(extra="ignore")

    name: str
    simulated: bool
    source: str
    shape: Annotated[list[Count], Field(min_length=3, max_length=3)]  # T, H, W
    features: list[str]  # per frame of EEG; else what a picture's channels are
    # Of EEG; none where there is none:
    sampling_hz: float | None
    frame_s: float | None
    sample_s: float | None
    bands_hz: dict[str, tuple[float, float]]
    filter: str | None
    smoothing: str | None
    standardisation: str
    split: str
    class_names: list[str]
    classes: Annotated[int, Field(ge=2)]
    subjects_train: list[int]
    subjects_val: list[int]
    subjects_test: list[int]
    samples_train: Count
    samples_val: Count
    samples_test: Annotated[int, Field(ge=1)]
    cautions: list[str]  # to be read before anything is quoted
    notes: list[str]  # what the reader did to recordings


class Metrics(Part):
    acc: Share
    balanced: Share
    macro_f1: Share
    sen: Share
    spe: Share
    pre: Share
    auc_within: Share | None  # mean over the subjects who have several classes; None if none has


class Classifier(Part):
    """One classifier on the test subjects; of several seeds, metrics and confusion are the first's, which is built.

    bits: None where it is not quantised. seeds: none where it has no seed. confusion: samples, row = true class,
    column = predicted class. balanced and by_subject: balanced accuracy per seed, and of that, per subject (one
    entry where there is no seed).
    """

    key: Annotated[str, Field(pattern="^[a-z0-9]+$")]
    label: str
    bits: int | None
    seeds: list[int]
    metrics: Metrics
    confusion: Matrix
    balanced: Annotated[list[Share], Field(min_length=1)]
    by_subject: Annotated[list[dict[int, Share]], Field(min_length=1)]

    def subject_means(self) -> dict[int, float]:
        """Of each subject, the mean over the seeds."""
        return {who: mean(seed[who] for seed in self.by_subject) for who in self.by_subject[0]}


class AccuracyPart(Part):
    """In the order of the report's tables. `quantised` is the network that is built, at the run's bits.

    positive: the class that sensitivity, specificity and precision are about; None: means over the classes.
    """

    positive: int | None
    classifiers: list[Classifier]


class Epoch(Part):
    """One epoch of the float network; its number is its place in the list. `windows`: one per B1 layer."""

    train_loss: float
    val_loss: float
    val_balanced: Share
    windows: list[float]


class Kept(Part):
    """The epoch of the built network that was kept (its place from 0), the rule it was kept by, and its windows'."""

    kept: Count
    kept_by: str
    window_rule: str


class Training(Kept):
    epochs: Annotated[list[Epoch], Field(min_length=1)]


class BitExact(Part):
    pair: Annotated[str, Field(pattern="^[a-z]+=[a-z]+$")]
    bits: int
    samples: Count
    mismatches: Count


class Spikes(Part):
    """`histogram[layer][x]`: how many (sample, neuron) pairs have earliness x ticks, x = 0 (silence) … 2^bits - 1.

    `per_layer`: spikes per neuron and inference, in the order of `layers`; `per_neuron`: the same over all.
    """

    per_neuron: Share
    per_layer: list[Share]
    layers: list[str]
    rtl_equals_model: bool
    histogram: dict[str, list[Count]]


class Layer(Part):
    """A unit of the design. Shapes (C, H, W) or (neurons,); lanes: values per beat, None for a stream of spikes."""

    name: str
    kind: str
    shape_in: list[int]
    shape_out: list[int]
    lanes_in: int | None
    lanes_out: int | None
    in_bits: int
    out_bits: int
    fold: dict[str, int | str]  # what it does at once and with what, lanes apart
    weights: Count
    weight_bits: int | None
    acc_bits: int | None


class Cycles(Part):
    """`latency`: of the slowest test sample; `bound`: no sample takes longer.

    `per_stage`: the cycle at which each stage has sent its last beat, counted as `latency` is; of which sample, says
    `per_stage_of`.
    """

    latency: Annotated[int, Field(ge=1)]
    latency_mean: Amount
    interval: Amount
    predicted_latency: Amount
    bound: Amount
    per_stage_of: str
    per_stage: dict[str, Amount]


class Usage(Part):
    lut: Amount
    lutram: Amount
    ff: Amount
    bram36: Amount
    dsp: Amount


class Resources(Usage):
    """`basis`: what was counted: after synthesis, or after place and route."""

    tool: str
    basis: str
    per_unit: dict[str, Usage]
    limits: Usage


class Timing(Part):
    clock_mhz: Annotated[float, Field(gt=0)]
    source: str


class System(Part):
    """The chip with its DMA and buses, by `make overlay`; what its tool reported after place and route, if it ran.

    wns_ns, whs_ns: worst slack of setup and of hold at clock_mhz.
    """

    route: str
    said: str
    tool: str | None = None
    part: str | None = None
    clock_mhz: float | None = None
    resources: Usage | None = None
    wns_ns: float | None = None
    whs_ns: float | None = None
    met: bool | None = None


class Wall(Part):
    train: Amount
    quant: Amount
    csim: Amount
    rtl_sim: Amount
    synth: Amount


class HlsCycles(Part):
    """Cycles of the HLS design over the test set, estimated as `basis` says. slowest: what sets the interval."""

    latency: Annotated[int, Field(ge=1)]
    latency_mean: Amount
    interval: Annotated[int, Field(ge=1)]
    interval_mean: Amount
    slowest: str
    basis: str


class WorkPart(Part):
    """Operations of one inference, mean over the test set, by unit: see spec.work. `dense`: if none were silent."""

    macs: dict[str, int]
    synops: dict[str, Amount]
    additions: dict[str, Amount]
    products: dict[str, Amount]
    dense: dict[str, int]


class Estimates(Part):
    """Not measured. `basis` says from what each number follows, or why there is none.

    energy_uj: of the whole board in one latency. arithmetic_nj: of the network's arithmetic alone, in an ASIC.
    """

    latency_us: float
    inferences_per_s: float | None
    energy_uj: float | None
    arithmetic_nj: float
    basis: str


class Report(Run):
    """report.json. The page is drawn from this and from nothing else.

    accuracy, confusion, balanced_by_seed and accuracy_by_bits repeat the rows of `classifiers` by key: the first two
    those that belong to this build, `balanced_by_seed` a number where there is no seed, else one per seed.
    """

    dataset: Dataset
    positive: int | None
    classifiers: list[Classifier]
    accuracy: dict[str, Metrics]
    confusion: dict[str, Matrix]
    balanced_by_seed: dict[str, list[int] | Share | list[Share]]
    accuracy_by_bits: dict[int, Metrics]
    history: list[Epoch]
    kept: Kept
    layers: list[Layer]
    bit_exact: list[BitExact]
    spikes: Spikes
    cycles: Cycles
    hls_cycles: HlsCycles
    resources: Resources
    timing: Timing
    system: System | None
    work: WorkPart
    estimates: Estimates
    wall_s: Wall

    def classifier(self, key: str) -> Classifier:
        return next(row for row in self.classifiers if row.key == key)


class Parts(Part):
    """Every file the stages leave: field `x` is $OUT/x.json."""

    run: Run
    dataset: Dataset
    accuracy: AccuracyPart
    history: Training
    layers: Annotated[list[Layer], Field(min_length=1)]
    bit_exact: list[BitExact]
    spikes: Spikes
    cycles: Cycles
    hls_cycles: HlsCycles
    resources: Resources
    timing: Timing
    system: System | None
    work: WorkPart
    wall: Wall


def read_parts(out: Path) -> Parts:
    """Read and check every part. Raises UserError naming the file, and the field where one is wrong."""
    parts = {name: _read(out / f"{name}.json") for name in Parts.model_fields}
    try:
        return Parts.model_validate_json(json.dumps(parts))  # as JSON: strict there still takes "8" for the key 8
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        part, *field = map(str, first["loc"])
        got = "nothing" if first["type"] == "missing" else repr(first["input"])[:80]
        raise expected(": ".join(filter(None, [f"{part}.json", ".".join(field)])), got, first["msg"]) from error


def _read(path: Path) -> Any:
    try:
        return read_json(path)
    except FileNotFoundError as error:
        raise UserError(f"{path}: not there; run `make demo`, or the stage that writes it") from error
    except ValueError as error:
        raise expected(str(path), "no JSON", f"what its stage writes ({error})") from error
