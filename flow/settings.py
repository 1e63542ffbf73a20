"""The settings of a run: name, type, default, unit and meaning of each stand here and nowhere else.

A field is a variable of `make` in capitals, an option of `python -m flow` and a key of a CONFIG file. The command line
(cli), `make help` and docs/settings.md (handbook), the stages' keys (run) and the report's repeat line are made of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from base.checked import Checked
from board.preset import Board, Counts, Preset, board_names, load_board, load_preset, preset_names
from model.data.folds.standardise import STANDARDISATIONS
from model.data.registry import SETS
from model.data.signal.features import FEATURES
from model.data.signal.smoothing import SMOOTHINGS
from model.options import WINDOW_RATE, WINDOW_RULES, TrainOptions
from spec.units import BITS

COMPARED_BITS = (8, 4)
SEEDS = 3
DOWNLOADS = Path("data")  # where `make data` puts a data set if DATA_ROOT does not say otherwise
STUDY = ("reproduce", "choose")  # targets of `python -m study`
TABLES = ("classification", "leaky", "back-end", "front-end", "windows", "noise", "bits", "sparsity", "smoothing")
_LARGEST_SEED = 2**31 - 1
_RECIPE = TrainOptions()


@dataclass(frozen=True)
class Variable:
    """What a field of Settings is to its user, beside type, default and description.

    used_by: the first stages whose results depend on it (those that need them follow), and targets of the study.
    chooses: it says which trainings there are, and changes none of them. choices: the names that it can have.
    default: in words, where it is no value.
    """

    group: str
    used_by: tuple[str, ...]
    unit: str = ""
    chooses: bool = False
    choices: tuple[str, ...] = ()
    default: str = ""


_OWN = "the data set's own"
_PRESETS_OWN = "the preset's"


class Settings(Checked):
    """What `make <target>` was given, checked. data_root is None for simulated EEG."""

    dataset: Annotated[str, Variable("data", ("samples", *STUDY), choices=tuple(SETS))] = Field(
        "simulated", description="data set (docs/datasets.md)")
    data_root: Annotated[Path | None, Variable("data", ("samples", *STUDY), default="data/DATASET; none for simulated")
                         ] = Field(None, description="folder in which the data set lies")
    test_subjects: Annotated[str | None, Variable("data", ("samples", "choose"), default="the last quarter")] = Field(
        None, description="subjects that are tested, such as 18-23 or 3,7,20-22")
    features: Annotated[tuple[str, ...] | None, Variable("data", ("samples", "reproduce"), choices=FEATURES,
                                                             default=_OWN)] = Field(None, description="features per frame and electrode", min_length=1)
    smoothing: Annotated[str | None, Variable("data", ("samples",), choices=SMOOTHINGS, default=_OWN)] = Field(
        None, description="smoothing of features along a recording's frames")
    standardisation: Annotated[str | None, Variable("data", ("samples",), choices=STANDARDISATIONS, default=_OWN)
                               ] = Field(None, description="what features are scaled by")
    train_stride: Annotated[int | None, Variable("data", ("samples", "reproduce"), "frames", default=_OWN)] = Field(
        None, ge=1, le=1000, description="from the start of one training window to the next one's")

    preset: Annotated[str, Variable("network", ("lower", "reproduce"), default="the data set's own, else default")
                      ] = Field("default", description="network and folding, board/presets/NAME.toml or a .toml file: "
                                + ", ".join(preset_names()))
    channels: Annotated[Counts | None, Variable("network", ("train", "reproduce"), "channels", default=_PRESETS_OWN)
                        ] = Field(None, description="outputs of each block, such as 32,32")
    hidden: Annotated[Counts | None, Variable("network", ("train", "reproduce"), "neurons", default=_PRESETS_OWN)
                      ] = Field(None, description="neurons of each B1 layer, such as 64,32")
    lanes: Annotated[Counts | None, Variable("network", ("lower",), "channels per cycle", default=_PRESETS_OWN)
                     ] = Field(None, description="input channels that each block takes at once, such as 1,1")
    window_rule: Annotated[str, Variable("network", ("train",), choices=WINDOW_RULES)] = Field(
        WINDOW_RULES[0], description="rule by which the layers' windows move in training")
    window_rate: Annotated[float, Variable("network", ("train",), "per batch")] = Field(
        WINDOW_RATE, ge=0, le=1, description="λ of the window's rule")

    epochs: Annotated[int, Variable("training", ("train", "reproduce"), "epochs")] = Field(
        _RECIPE.epochs, ge=1, le=9999, description="at most; patience may end a training earlier")
    learning_rate: Annotated[float, Variable("training", ("train", "reproduce"))] = Field(
        _RECIPE.lr, gt=0, le=1, description="peak learning rate")
    teacher: Annotated[float, Variable("training", ("train", "reproduce"))] = Field(
        _RECIPE.teacher, ge=0, le=1, description="share of the linear teacher in the loss")
    activity: Annotated[float, Variable("training", ("train",), "per spike and neuron")] = Field(
        _RECIPE.activity, ge=0, le=1000, description="weight of the activity penalty")
    seed: Annotated[int, Variable("training", ("train", "reproduce"), chooses=True)] = Field(
        0, ge=0, le=_LARGEST_SEED - 100, description="of the first training, the one that is built")
    seed_count: Annotated[int, Variable("training", ("train", "reproduce"), "trainings", chooses=True)] = Field(
        SEEDS, ge=1, le=100, alias="seeds", description="trainings: SEED, SEED + 1, …")

    bits: Annotated[int, Variable("hardware", ("tune",), "bits", chooses=True)] = Field(
        BITS[-1], ge=BITS[0], le=BITS[-1], description="of weights and time in the network that is built")
    compared_bits: Annotated[tuple[Annotated[int, Field(ge=BITS[0], le=BITS[-1])], ...],
                             Variable("hardware", ("tune",), "bits", chooses=True)] = Field(
        COMPARED_BITS, description="widths that are also built and compared, such as 8,4, or none")
    board: Annotated[str, Variable("hardware", ("hls", "synth"))] = Field(
        "pynq-z2", description="part, clock and limits, board/NAME.toml or a .toml file: " + ", ".join(board_names()))

    out: Annotated[Path, Variable("run", ("samples", "reproduce"))] = Field(
        Path("build"), description="folder for all results")
    table: Annotated[str | None, Variable("study", ("reproduce",), choices=TABLES, default="all, and the page")
                     ] = Field(None, description="one table of `make reproduce`")
    scheduler: Annotated[str | None, Variable("study", ("reproduce",), default="this machine's cores")] = Field(
        None, description="address or file of a Dask scheduler")

    @field_validator("*")
    @classmethod
    def _known(cls, value: Any, info: ValidationInfo) -> Any:
        """Names are known, and none comes twice."""
        choices = VARIABLES[str(info.field_name)].choices
        names = value if isinstance(value, tuple) else (value,)
        if choices and value is not None and not (set(names) <= set(choices) and len(set(names)) == len(names)):
            raise ValueError("not known, or named twice")
        return value

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(range(self.seed, self.seed + self.seed_count))

    @property
    def widths(self) -> tuple[int, ...]:
        """Bit widths that are quantised, built and compared: BITS first, then the others of COMPARED_BITS."""
        return tuple(dict.fromkeys((self.bits, *self.compared_bits)))

    @property
    def network(self) -> Preset:
        """The preset with the lists that CHANNELS, HIDDEN and LANES change."""
        lists = {name: getattr(self, name) for name in ("channels", "hidden", "lanes")}
        return load_preset(self.preset, **{name: value for name, value in lists.items() if value is not None})

    @property
    def board_facts(self) -> Board:
        return load_board(self.board)

    @property
    def recipe(self) -> dict[str, Any]:
        """TrainOptions of every training, but its seed."""
        return {"epochs": self.epochs, "lr": self.learning_rate, "teacher": self.teacher, "activity": self.activity}

    def params(self, stage: str, choices: bool = True) -> dict[str, Any]:
        """What a stage's result depends on first, as JSON: names of files are replaced by what the files say.

        The data set's files are not among it: DATA_ROOT says only where they lie. Without `choices`: what each of its
        jobs depends on, whichever there are.
        """
        network = self.network.model_dump(mode="json")
        said = {**self.model_dump(mode="json"), **network, "preset": network["name"],
                "board": self.board_facts.model_dump(mode="json")}
        return {name: said[name] for name, about in VARIABLES.items()
                if stage in about.used_by and name not in ("data_root", "out") and (choices or not about.chooses)}

    def variables(self) -> dict[str, str]:
        """Variables of `make` that repeat this run elsewhere: DATASET, and all that is not as usual, but OUT.

        A CONFIG file's values are among them, each by itself.
        """
        usual = Settings(dataset=self.dataset, data_root=usual_root(self.dataset), preset=SETS[self.dataset].preset)
        return {variable_name(name): text_of(getattr(self, name)) for name in VARIABLES
                if name == "dataset" or (name != "out" and getattr(self, name) != getattr(usual, name))}

    def train_folder(self, network: str, seed: int) -> Path:
        return self.out / "train" / f"{network}-seed{seed}"

    @property
    def quantised(self) -> tuple[tuple[int, int], ...]:
        """Quantised networks, (bits, seed): every seed's at BITS, the first seed's at the other widths."""
        return (*((self.bits, seed) for seed in self.seeds), *((bits, self.seed) for bits in self.widths[1:]))

    def tune_folder(self, bits: int, seed: int) -> Path:
        """Of one quantised network's model.onnx."""
        return self.out / "tune" / f"int{bits}-seed{seed}"

    def quant_folder(self, bits: int, seed: int | None = None) -> Path:
        """Of one quantised network's spec; without a seed, of the one that is built."""
        return self.out / "quant" / f"int{bits}-seed{self.seed if seed is None else seed}"

    def build_folder(self, digest: str) -> Path:
        """What is generated from the spec with this digest, and built from that."""
        return self.out / digest[:8]


VARIABLES: dict[str, Variable] = {
    name: next(about for about in field.metadata if isinstance(about, Variable))
    for name, field in Settings.model_fields.items()
}


def variable_name(field: str) -> str:
    """The variable of `make`; in small letters it is the key of a CONFIG file."""
    return (Settings.model_fields[field].alias or field).upper()


def text_of(value: Any) -> str:
    """A value as a variable has it."""
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def usual_root(dataset: str) -> Path | None:
    return DOWNLOADS / dataset if SETS[dataset].needs_root else None
