"""The settings: one model, and all that is made of it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from base.errors import UserError
from flow import handbook
from flow.reading import CONFIG, FIELDS, read
from flow.settings import STUDY, TABLES, VARIABLES, Settings
from model.data.folds.standardise import TRAIN_SUBJECTS
from model.data.recording import Preparation
from model.data.sets.eegmat import LAYOUT
from model.options import RECIPES, TrainOptions
from model.recipe_file import load_recipe

ROOT = Path(__file__).resolve().parents[1]


def makefile(name: str) -> list[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    (found,) = re.findall(rf"^{name} :?= (.*)$", text, re.MULTILINE)
    return found.split()


def refused(texts: dict[str, str], target: str = "data") -> str:
    with pytest.raises(UserError) as caught:
        read(target, texts)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_makefile_has_these_variables_and_targets() -> None:
    assert makefile("VARIABLES") == [CONFIG, *FIELDS]
    assert makefile("RUN") == list(handbook.RUN)
    targets = {*handbook.RUN, *handbook.STUDY, *handbook.MAKE}
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].replace("$(RUN)", " ".join(handbook.RUN)).split()
    assert set(phony) - {"help"} == targets


def test_the_page_and_help_are_of_this_model() -> None:
    assert handbook.PAGE.read_text(encoding="utf-8") == handbook.page(), "run `make docs`"
    for name, field in FIELDS.items():
        assert f"{name}=[{handbook.default(field)}]" in handbook.terminal()
        assert VARIABLES[field].unit in handbook.terminal()
        assert f"| `{name}` | {handbook.default(field)} |" in handbook.page()
    assert set(STUDY) < set(handbook.STUDY)  # `folds` takes the settings of a run
    assert {about.group for about in VARIABLES.values()} == set(handbook.GROUPS)


def test_defaults_are_the_recipes() -> None:
    assert TrainOptions(**Settings().recipe_facts.training) == TrainOptions()


def test_tables_are_those_of_the_study() -> None:
    from study.plan import TABLES as of_the_study

    assert tuple(of_the_study) == TABLES


@pytest.mark.parametrize(("texts", "words"), [
    ({"BITS": "9"}, "BITS: got '9', expected a whole number, 4 … 8"),
    ({"BITS": "8.0"}, "BITS: got '8.0', expected a whole number, 4 … 8"),
    ({"BITS": ""}, "BITS: got '', expected a whole number, 4 … 8"),
    ({"SEED": "99999999999"}, "SEED: got '99999999999', expected a whole number"),
    ({"SEEDS": "0"}, "SEEDS: got '0', expected a whole number, 1 … 100"),
    ({"COMPARED_BITS": "8,3"}, "COMPARED_BITS: got '8,3', expected whole numbers, 4 … 8, with commas between"),
    ({"EPOCHS": "0"}, "EPOCHS: got '0', expected a whole number, 1 … 9999"),
    ({"LEARNING_RATE": "0"}, "LEARNING_RATE: got '0', expected a number, above 0, at most 1"),
    ({"LEARNING_RATE": "nan"}, "LEARNING_RATE: got 'nan'"),
    ({"RECIPE": "papers"}, "RECIPE: got papers, expected a .toml file, or paper"),
    ({"RECIPE": "nowhere/my.toml"}, "RECIPE: got nowhere/my.toml, expected a .toml file that is there, or one"),
    ({"ACTIVITY": "inf"}, "ACTIVITY: got 'inf'"),
    ({"TEACHER": "1.5"}, "TEACHER: got '1.5', expected a number, 0 … 1"),
    ({"WINDOW_RULE": "Paper"}, "WINDOW_RULE: got 'Paper', expected one of homeostatic, paper, grow, fixed"),
    ({"SMOOTHING": "some"}, "SMOOTHING: got 'some', expected one of smoother"),
    ({"STANDARDISATION": "z"}, "STANDARDISATION: got 'z', expected one of train-subjects"),
    ({"FEATURES": "pse,psd"}, "FEATURES: got 'pse,psd', expected some of pse, bandpower, de"),
    ({"FEATURES": "pse,pse"}, "FEATURES: got 'pse,pse', expected some of pse, bandpower, de"),
    ({"WINDOW_S": "5"}, "WINDOW_S: got '5', expected none with `make data`"),
    ({"TRAIN_STRIDE": "-1"}, "TRAIN_STRIDE: got '-1', expected a whole number, 1 … 1000"),
    ({"CHANNELS": "8,"}, "CHANNELS: got '8,', expected whole numbers, 1 … 1024"),
    ({"CHANNELS": "8"}, "fold.lanes: got 2 values, expected 1, one per block"),
    ({"BOARD": "zed"}, "BOARD: got zed, expected a .toml file, or one of aup-zu3, pynq-z1, pynq-z2"),
    ({"TEST_SUBJECTS": "3-1"}, "TEST_SUBJECTS: got '3-1'"),
    ({"TABLE": "bits"}, "TABLE: got 'bits', expected none with `make data`"),
    ({"OUT": "a#b"}, "OUT: got 'a#b', expected a folder, in its name letters"),
    ({"OUT": "a:b"}, "OUT: got 'a:b'"), ({"OUT": "a;b"}, "OUT: got 'a;b'"), ({"OUT": "a\nb"}, r"OUT: got 'a\nb'"),
    ({"OUT": "~nosuchuser/x"}, "OUT: got '~nosuchuser/x'"),
    ({"OUT": "/proc/x"}, "OUT: got '/proc/x', expected a folder that can be written"),
    ({"OUT": "/sys/x"}, "OUT: got '/sys/x', expected a folder that can be written"),
    ({"OUT": "/dev/null/x"}, "OUT: got '/dev/null/x' (/dev/null: a file)"),
    ({"OUT": "x" * 300}, "File name too long"),
    ({"DATASET": "eegmat", "DATA_ROOT": "~nosuchuser"}, "DATA_ROOT: got '~nosuchuser'"),
    ({"DATASET": "eegmat", "DATA_ROOT": "/proc"}, "DATA_ROOT: got '/proc', expected a folder that is there"),
    ({"DATASET": "eegmat", "DATA_ROOT": "/etc/passwd"}, "DATA_ROOT: got '/etc/passwd' (/etc/passwd: a file)"),
    ({"DATASET": "egmat"}, "DATASET: got 'egmat', expected one of simulated, eegmat"),
])
def test_wrong_values(texts: dict[str, str], words: str) -> None:
    assert words in refused(texts)


@pytest.mark.parametrize("variable", ["OUT", "DATA_ROOT"])
def test_links_that_lead_nowhere(variable: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "broken").symlink_to(tmp_path / "absent")
    for name in ("loop", "broken", "loop/deeper"):
        message = refused({"DATASET": "eegmat", variable: str(tmp_path / name)})
        assert message.startswith(f"{variable}: got '{tmp_path / name}'")


@pytest.mark.parametrize(("text", "words"), [
    ("epoch = 3", "mine.toml: epoch: got an unknown key, expected epochs"),
    ("EPOCHS = 3", "mine.toml: EPOCHS: got an unknown key, expected epochs"),
    ("seed_count = 3", "mine.toml: seed_count: got an unknown key"),
    ('config = "x"', "mine.toml: config: got an unknown key"),
    ("epochs = 3.5", "mine.toml: epochs: got 3.5, expected a whole number, 1 … 9999"),
    ('epochs = "3"', "mine.toml: epochs: got '3', expected a whole number, 1 … 9999"),
    ("epochs = true", "mine.toml: epochs: got True, expected a whole number"),
    ("epochs = [3]", "mine.toml: epochs: got [3], expected a whole number"),
    ("epochs = 2026-01-01", "mine.toml: epochs: got datetime.date"),
    ("learning_rate = nan", "mine.toml: learning_rate: got nan"),
    ("channels = 8", "mine.toml: channels: got 8, expected whole numbers"),
    ('out = "a\\u0000b"', "OUT: got 'a\\x00b'"),
    ('data_root = "a\\u0000b"\ndataset = "eegmat"', "DATA_ROOT: got 'a\\x00b'"),
    ("epochs = ", "mine.toml: no readable TOML"),
    ('table = "bits"', "mine.toml: table: got 'bits', expected none with `make data`"),
])
def test_wrong_config(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    assert words in refused({CONFIG: str(tmp_path / "mine.toml")})


def test_a_config_file_that_is_not_there() -> None:
    assert "nowhere.toml: no readable TOML" in refused({CONFIG: "nowhere.toml"})


def test_a_variable_goes_before_the_config_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + b"epochs = 3\nbits = 6\nseeds = 1\nchannels = [8, 8]\ncompared_bits = []\n")
    given = read("demo", {CONFIG: str(path), "BITS": "5", "OUT": str(tmp_path)})
    assert (given.epochs, given.bits, given.seeds, given.widths) == (3, 5, (0,), (5,))
    assert (given.network.name, given.network.channels) == ("default-changed", (8, 8))


def test_a_recipe_is_a_file_and_a_setting_goes_before_it(tmp_path: Path) -> None:
    given = read("demo", {"RECIPE": "paper", "LEARNING_RATE": "0.001", "OUT": str(tmp_path)})
    own, changed = load_recipe("paper"), given.recipe_facts
    assert changed.name == "paper-changed"
    assert changed.training == {**own.training, "lr": 0.001}
    assert TrainOptions(**own.training) == TrainOptions(
        0, 300, 0.0, 30, 8, 1e-4, "constant", 0.01, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert (given.changes.features, given.changes.overlap) == (("pse",), False)
    assert given.params("train")["recipe"] != Settings().params("train")["recipe"]
    assert given.params("samples")["features"] == ("pse",)
    assert given.variables() == {"DATASET": "simulated", "RECIPE": "paper", "LEARNING_RATE": "0.001"}
    mine = read("demo", {"RECIPE": "paper", "FEATURES": "de", "TRAIN_STRIDE": "2", "OUT": str(tmp_path)}).changes
    usual = Preparation(("bandpower",), "smoother", TRAIN_SUBJECTS, 1)
    assert given.changes.of(usual, LAYOUT) == replace(usual, features=("pse",), train_stride=4)
    assert mine.of(usual, LAYOUT) == replace(usual, features=("de",), train_stride=2)


@pytest.mark.parametrize(("old", "new", "words"), [
    ("lr = 1e-4", "lr = 2", "recipe mine: training.lr: got 2, expected at most 1"),
    ("lr = 1e-4", "lr = nan", "recipe mine: training.lr: got "),
    ("lr = 1e-4\n", "", "recipe mine: training.lr: got nothing, expected a value"),
    ("lr = 1e-4", "rate = 1e-4", "recipe mine: training.rate: got an unknown key"),
    ('"constant"', '"step"', "recipe mine: training.schedule: got 'step', expected 'cosine' or 'constant'"),
    ("batch = 8", "batch = 0", "recipe mine: training.batch: got 0"),
    ("[training]", "[trainings]", "recipe mine: trainings: got an unknown key, expected training"),
    ('["pse"]', '["psd"]', "features: got psd, expected distinct names out of pse"),
    ("[data]", "data", "mine.toml: no readable TOML"),
])
def test_wrong_recipes(old: str, new: str, words: str, tmp_path: Path) -> None:
    text = (RECIPES / "paper.toml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tmp_path / "mine.toml").write_text(text.replace(old, new), encoding="utf-8")
    assert words in refused({"RECIPE": str(tmp_path / "mine.toml")})


def test_the_variables_that_repeat_a_run(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("epochs = 3\nfeatures = ['pse', 'de']\nlearning_rate = 0.01\ncompared_bits = []\n", "utf-8")
    folder = tmp_path / "set"
    folder.mkdir()
    given = read("demo", {CONFIG: str(path), "DATASET": "folder", "DATA_ROOT": str(folder), "SEEDS": "2",
                          "OUT": str(tmp_path / "out")})
    said = given.variables()
    assert said == {"DATASET": "folder", "DATA_ROOT": str(folder), "FEATURES": "pse,de", "EPOCHS": "3",
                    "LEARNING_RATE": "0.01", "SEEDS": "2", "COMPARED_BITS": "none"}
    assert read("demo", {**said, "OUT": str(tmp_path / "out")}) == given
    assert Settings().variables() == {"DATASET": "simulated"}


def test_a_target_refuses_what_it_would_ignore() -> None:
    for target, names in (("reproduce", ("BITS", "ACTIVITY", "SMOOTHING")), ("choose", ("SEED", "TABLE", "PRESET"))):
        for name in names:
            assert f"expected none with `make {target}`" in refused({name: "1"}, target)
