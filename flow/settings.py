"""The settings of a run: name, type, default, unit and meaning of each stand here and nowhere else.

A field is a variable of `make` in capitals, an option of `python -m flow` and a key of a CONFIG file. The command line
(cli), `make help` and docs/settings.md (handbook), the stages' keys (run) and the report's repeat line are made of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from base.checked import Checked
from base.records import ROOT
from board.preset import Board, Counts, Preset, board_names, load_board, load_preset, preset_names
from firstspike_board.places import BOARD_ADDRESS
from model.data.folds.splits import BY_SUBJECT, SPLITS
from model.data.folds.standardise import STANDARDISATIONS
from model.data.options import Changes, Choice
from model.data.recording import REST_S
from model.data.registry import SETS
from model.data.signal.features import FEATURES
from model.data.signal.filters import FILTERS
from model.data.signal.smoothing import SMOOTHINGS
from model.options import USUAL_RECIPE, WINDOW_RATE, WINDOW_RULES
from model.recipe_file import Recipe, load_recipe, recipe_names
from spec.units import BITS, CORES, EARLY

COMPARED_BITS = (8, 4)
SEEDS = 3
DOWNLOADS = Path("data")  # where `make data` puts a data set if DATA_ROOT does not say otherwise
LIVE = ("live",)  # a target of `python -m flow` whose settings are of no stage
SOURCES = ("file", "lsl", "brainflow")
GOLDEN, SIMULATED, ON_BOARD = CHIPS = ("golden", "sim", "board")
STUDY = ("reproduce", "choose", "audit")  # targets of `python -m study`
TABLES = ("classification", "leaky", "back-end", "front-end", "windows", "noise", "bits", "sparsity", "smoothing",
          "null-space", "calibrated")
HLS_TOOLS = ("vitis", "bambu")
RTL_SOURCES = ("own", "hls")
ROUTES = ("vivado", "open")
IN_PRESET = ("channels", "hidden", "lanes", "core")  # settings that change the preset's
LARGEST_SEED = 2**31 - 1 - 100  # the last of a run's seeds fits into 31 bits, too
# settings that change the recipe's, and what they are in TrainOptions
IN_RECIPE = {"epochs": "epochs", "learning_rate": "lr", "teacher": "teacher", "activity": "activity"}


@dataclass(frozen=True)
class Variable:
    """What a field of Settings is to its user, beside type and default.

    used_by: the first stages whose results depend on it (those that need them follow), and targets of the study.
    chooses: it says which trainings there are, and changes none of them. choices: the names that it can have.
    default: in words, where it is no value.
    """

    group: str
    used_by: tuple[str, ...]
    help: str
    unit: str = ""
    chooses: bool = False
    choices: tuple[str, ...] = ()
    default: str = ""


_SAMPLES, _TRAIN = ("samples", "reproduce"), ("train", "reproduce")
_OWN, _PRESETS, _RECIPES = "the data set's own", "the preset's", "the recipe's"
_Bits = Annotated[int, Field(ge=BITS[0], le=BITS[-1])]


class Settings(Checked):
    """What `make <target>` was given, checked. data_root is None for simulated EEG."""

    dataset: Annotated[str, Variable(
        "data", ("samples", *STUDY), "data set (docs/datasets.md)", choices=tuple(SETS))] = "simulated"
    data_root: Annotated[Path | None, Variable(
        "data", ("samples", *STUDY), "folder in which the data set lies", default="data/DATASET")] = None
    test_subjects: Annotated[str | None, Variable(
        "data", ("samples", "choose"), "subjects that are tested, such as 18-23 or 3,7,20-22",
        default="the last quarter")] = None
    validation_subjects: Annotated[str | None, Variable(
        "data", ("samples",), "subjects that choose the epoch, such as 3,7", default="22 % of the others")] = None
    split: Annotated[str, Variable(
        "data", ("samples",), "by what samples are divided into training, validation and test", choices=tuple(SPLITS)
        )] = BY_SUBJECT
    features: Annotated[tuple[str, ...] | None, Field(min_length=1), Variable(
        "data", _SAMPLES, "features per frame and electrode", choices=FEATURES, default=_OWN)] = None
    filter: Annotated[str | None, Variable(
        "data", ("samples",), "of recordings; live use needs causal", choices=FILTERS, default=_OWN)] = None
    smoothing: Annotated[str | None, Variable(
        "data", ("samples",), "of features along a recording's frames", choices=SMOOTHINGS, default=_OWN)] = None
    standardisation: Annotated[str | None, Variable(
        "data", ("samples",), "what features are scaled by", choices=STANDARDISATIONS, default=_OWN)] = None
    rest_seconds: Annotated[float, Field(gt=0, le=3600), Variable(
        "data", ("samples",), "of a person's rest, from its start, that STANDARDISATION=rest-baseline scales by", "s"
        )] = REST_S
    train_stride: Annotated[int | None, Field(ge=1, le=1000), Variable(
        "data", _SAMPLES, "from the start of one training window to the next one's", "frames", default=_OWN)] = None

    window_s: Annotated[float | None, Field(ge=1, le=60), Variable(
        "data", ("reproduce",), "length of a sample, of as many frames as usual", "s", default=_OWN)] = None

    preset: Annotated[str, Variable(
        "network", ("lower", "reproduce"), "network and folding, a .toml file or one of " + ", ".join(preset_names()),
        default="the data set's own, else default")] = "default"
    channels: Annotated[Counts | None, Variable(
        "network", _TRAIN, "outputs of each block, such as 32,32", "channels", default=_PRESETS)] = None
    hidden: Annotated[Counts | None, Variable(
        "network", _TRAIN, "neurons of each B1 layer, such as 64,32", "neurons", default=_PRESETS)] = None
    lanes: Annotated[Counts | None, Variable(
        "network", ("lower",), "input channels that each block takes at once, such as 1,1", "channels per cycle",
        default=_PRESETS)] = None
    core: Annotated[str | None, Variable(
        "network", ("lower",), "how B1 layers and read-out integrate", choices=tuple(CORES), default=_PRESETS)] = None
    window_rule: Annotated[str, Variable(
        "network", ("train",), "how layers' windows move in training", choices=WINDOW_RULES)] = WINDOW_RULES[0]
    window_rate: Annotated[float, Field(ge=0, le=1), Variable(
        "network", ("train",), "λ of the window's rule", "per batch")] = WINDOW_RATE

    recipe: Annotated[str, Variable(
        "training", _TRAIN, "how networks are trained, on which features where FEATURES says nothing "
        "(docs/training.md), a .toml file or one of " + ", ".join(recipe_names()),
        default="the data set's own, else " + USUAL_RECIPE)] = USUAL_RECIPE
    epochs: Annotated[int | None, Field(ge=1, le=9999), Variable(
        "training", _TRAIN, "at most; patience may end a training earlier", "epochs", default=_RECIPES)] = None
    learning_rate: Annotated[float | None, Field(gt=0, le=1), Variable(
        "training", _TRAIN, "peak learning rate", default=_RECIPES)] = None
    teacher: Annotated[float | None, Field(ge=0, le=1), Variable(
        "training", _TRAIN, "share of the linear teacher in the loss", default=_RECIPES)] = None
    activity: Annotated[float | None, Field(ge=0, le=1000), Variable(
        "training", ("train",), "weight of the activity penalty", "per spike and neuron", default=_RECIPES)] = None
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED), Variable(
        "training", _TRAIN, "of the first training, the one that is built", chooses=True)] = 0
    seed_count: Annotated[int, Field(ge=1, le=100, alias="seeds"), Variable(
        "training", _TRAIN, "how many, with SEED, SEED + 1, …", "trainings", chooses=True)] = SEEDS

    bits: Annotated[_Bits, Variable(
        "hardware", ("tune",), "of weights (and time) in the network that is built", "bits", chooses=True)] = BITS[-1]
    time_bits: Annotated[_Bits | None, Variable(
        "hardware", ("tune",), "of time, where it has others than weights", "bits", default="as many as weights",
        )] = None
    compared_bits: Annotated[tuple[_Bits, ...], Variable(
        "hardware", ("tune",), "widths that are also built and compared, such as 8,4, or none", "bits",
        chooses=True)] = COMPARED_BITS
    early: Annotated[str, Variable(
        "hardware", ("lower",), "when the read-out decides, with core ticks: at its window's end; once its "
        "lead has a margin chosen on validation samples; once nothing can change its class", choices=EARLY,
        )] = EARLY[0]
    early_tolerance: Annotated[float, Field(ge=0, le=1), Variable(
        "hardware", ("lower",), "share of the validation samples whose class that margin may change",
        )] = 0.0
    board: Annotated[str, Variable(
        "hardware", ("hls", "synth", "timing", "overlay"),
        "part, clock and limits, a .toml file or one of " + ", ".join(board_names())
        )] = "pynq-z2"
    hls: Annotated[str, Variable(
        "hardware", ("hls",), "tool for the C++, where it is on PATH", choices=HLS_TOOLS)] = HLS_TOOLS[0]
    rtl: Annotated[str, Variable(
        "hardware", ("cosim",), "what is simulated: our own RTL; with hls after it the IP that Vitis HLS has exported",
        choices=RTL_SOURCES)] = RTL_SOURCES[0]
    route: Annotated[str, Variable(
        "hardware", ("overlay",), "to a bitstream: Vivado, with an AXI DMA; or open tools, by registers",
        choices=ROUTES)] = ROUTES[0]
    bitstream: Annotated[Path | None, Variable(
        "hardware", ("package",), "a .bit that the scripts of make overlay have made elsewhere, its .hwh beside it",
        default="what make overlay has left")] = None

    source: Annotated[str, Variable(
        "live", LIVE, "where raw EEG comes from (docs/live.md)", choices=SOURCES)] = SOURCES[0]
    device: Annotated[str | None, Variable(
        "live", LIVE, "which one: subjects of the data set, such as 18,20; an LSL stream's name or type; BrainFlow's "
        "number of a board, with its serial port as 0:/dev/ttyUSB0", default="the tested; EEG; -1, synthetic"
        )] = None
    electrodes: Annotated[tuple[str, ...] | None, Field(min_length=1), Variable(
        "live", LIVE, "which electrode each channel of the device is, in order", default="as the device says")] = None
    chip: Annotated[str, Variable(
        "live", LIVE, "what computes the classes: the golden model; the RTL on the simulated board; a board, on which "
        "firstspike_board.link runs", choices=CHIPS)] = GOLDEN
    board_address: Annotated[str, Field(min_length=1), Variable(
        "live", LIVE, "of that board on the network")] = BOARD_ADDRESS
    seconds: Annotated[int | None, Field(ge=1, le=86_400), Variable(
        "live", LIVE, "how long", "s", default="until the source ends, or Ctrl-C")] = None

    out: Annotated[Path, Variable("run", (*_SAMPLES, "audit"), "folder for all results")] = Path("build")
    table: Annotated[str | None, Variable(
        "study", ("reproduce",), "one table instead of the page", choices=TABLES, default="all, and the page")] = None
    scheduler: Annotated[str | None, Variable(
        "study", ("reproduce",), "address or file of a Dask scheduler", default="this machine's cores")] = None

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

    def time_of(self, bits: int) -> int:
        """Bits of time in the network whose weights have `bits`."""
        return self.time_bits or bits

    @property
    def network(self) -> Preset:
        """The preset with what CHANNELS, HIDDEN, LANES and CORE change."""
        values = {name: getattr(self, name) for name in IN_PRESET}
        return load_preset(self.preset, **{name: value for name, value in values.items() if value is not None})

    @property
    def board_facts(self) -> Board:
        return load_board(self.board)

    @property
    def choice(self) -> Choice:
        return Choice(self.split, self.test_subjects, self.validation_subjects)

    @property
    def changes(self) -> Changes:
        recipe = self.recipe_facts
        return Changes(self.filter, self.features or recipe.features, self.smoothing, self.standardisation,
                       self.train_stride, self.rest_seconds, recipe.overlap)

    @property
    def recipe_facts(self) -> Recipe:
        """The recipe with what EPOCHS, LEARNING_RATE, TEACHER and ACTIVITY change."""
        own = load_recipe(self.recipe)
        given = {option: getattr(self, name) for name, option in IN_RECIPE.items() if getattr(self, name) is not None}
        training = {**own.training, **given}
        name = own.name if training == own.training else f"{own.name}-changed"
        return replace(own, name=name, training=training)

    def params(self, stage: str, choices: bool = True) -> dict[str, Any]:
        """What a stage's result depends on first, as JSON: names of files are replaced by what the files say.

        The data set's files are not among it: DATA_ROOT says only where they lie. Without `choices`: what each of its
        jobs depends on, whichever there are.
        """
        network = self.network.model_dump(mode="json")
        # `features` of a preset is a fold, not the setting of that name.
        recipe, changes = self.recipe_facts, self.changes
        said = {**self.model_dump(mode="json"), **{name: network[name] for name in IN_PRESET}, "preset": network,
                "channels": [network["channels"], network["strides"]],  # what training needs of a preset, and no fold
                **{name: recipe.training[option] for name, option in IN_RECIPE.items()}, "recipe": recipe.training,
                "features": changes.features, "train_stride": [changes.train_stride, changes.overlap],
                "board": self.board_facts.model_dump(mode="json")}
        return {name: said[name] for name, about in VARIABLES.items()
                if stage in about.used_by and name not in ("data_root", "out") and (choices or not about.chooses)}

    def variables(self, places: bool = True) -> dict[str, str]:
        """Variables of `make` that repeat this run elsewhere: DATASET, and all that is not as usual, but OUT.

        A CONFIG file's values are among them, each by itself. places: DATA_ROOT as well, which is of this machine.
        """
        usual = Settings(dataset=self.dataset, data_root=usual_root(self.dataset), preset=SETS[self.dataset].preset,
                         recipe=SETS[self.dataset].recipe or USUAL_RECIPE)
        return {variable_name(name): text_of(getattr(self, name)) for name in VARIABLES
                if name == "dataset" or (name != "out" and (places or name != "data_root")
                                         and getattr(self, name) != getattr(usual, name))}

    @property
    def pages(self) -> Path:
        """Where a page about this run goes: docs/ if it is of EEGMAT, as usual but for who is tested, else OUT."""
        usual = self.dataset == "eegmat" and set(self.variables(places=False)) <= {"DATASET", "TEST_SUBJECTS"}
        return ROOT / "docs" if usual else self.out

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

    def board_folder(self, digest: str, way: str) -> Path:
        """Of the simulated board's bitstream, samples going in that way."""
        return self.build_folder(digest) / "board" / way

    def overlay_folder(self, digest: str) -> Path:
        """Of bitstream and .hwh for BOARD by ROUTE."""
        return self.build_folder(digest) / "overlay" / f"{self.board_facts.name}-{self.route}"


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
