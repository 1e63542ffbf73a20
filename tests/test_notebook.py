"""The notebook: its arithmetic, its pictures, and all of it run on the golden model."""

from __future__ import annotations

import ast
import base64
import os
import subprocess
from pathlib import Path
from typing import Any

import figures
import numpy as np
import pytest
import spikes
from matplotlib.figure import Figure
from nbclient.exceptions import CellExecutionError
from package_parts import SAMPLES, a_network
from synthetic import make_spec, make_words

from base.errors import UserError
from base.records import ROOT
from flow.report import plots
from model.data.grid import TEN_TWENTY
from package.notebooks import execute, notebook_of, printed, text_of, to_notebook
from package.wheel import tree, write_tree
from rtl.emit import emit
from simboard import environment
from simboard.build import build
from spec import golden
from spec.netspec import NetSpec

SOURCE = (ROOT / "notebook" / "firstspike.py").read_text(encoding="utf-8")
SPECS = {"INT8": {}, "INT4, three classes": {"bits": 4, "classes": 3}, "no B1 layer": {"hidden": ()},
         "silent": {"hidden": (), "v_min": 255}}
EEG = "simulated EEG, no person's"


@pytest.fixture(params=SPECS)
def traced(request: pytest.FixtureRequest) -> tuple[NetSpec, golden.Trace]:
    spec = make_spec(**SPECS[request.param])
    return spec, golden.run(spec, make_words(spec, 24))


def test_spikes_lie_in_their_windows_one_after_the_other(traced: tuple[NetSpec, golden.Trace]) -> None:
    spec, trace = traced
    for sample, counts in enumerate(trace.spike_counts(spec)):
        layers = spikes.layers_of(spec, trace, sample)
        assert [len(layer.ticks) for layer in layers] == counts.tolist()
        assert [layer.begin for layer in layers] == [0, *(layer.end for layer in layers[:-1])]
        for layer in layers:
            assert all(layer.begin <= tick < layer.end for tick in layer.ticks)
            earliness = np.zeros(layer.size, int)
            earliness[layer.neurons] = layer.end - layer.ticks
            np.testing.assert_array_equal(earliness, trace.values[layer.name][sample])


def test_the_read_out_tick_by_tick_ends_at_the_logits(traced: tuple[NetSpec, golden.Trace]) -> None:
    """Against a loop in which every spike adds its weight to the slope, each tick the slope to the logits."""
    spec, trace = traced
    for sample in range(len(trace.logits)):
        found, last = spikes.decision_of(spec, trace, sample), spikes.layers_of(spec, trace, sample)[-1]
        value, slope, sides = spec.readout.bias.copy(), np.zeros(spec.readout.classes, int), []
        for place, tick in enumerate(found.ticks):
            np.testing.assert_array_equal(found.running[place], value)
            sides.append(int(value.argmax()))
            for neuron in last.neurons[last.ticks == tick]:
                slope = slope + spec.readout.weight[:, neuron]
            value = value + slope
        np.testing.assert_array_equal(found.running[-1], trace.logits[sample])
        assert found.chosen == trace.predicted[sample] == sides[-1]
        first = next(place for place in range(len(sides)) if set(sides[place:]) == {sides[-1]})
        assert (found.tick, found.turned) == (found.ticks[first], first > 0)


def test_a_trace_of_another_network_is_refused() -> None:
    spec, other = make_spec(), make_spec(seed=1)
    with pytest.raises(ValueError, match=r"read-out of sample 0: got .* at its last tick, expected"):
        spikes.decision_of(other, golden.run(spec, make_words(spec, 2)), 0)


def test_style_is_the_reports() -> None:
    assert (figures.COLOURS, figures.STYLES, figures.MARKS) == (plots.COLOURS, plots.STYLES, plots.MARKS)
    common = set(figures.SETTINGS) & set(plots.SETTINGS)
    assert len(common) > 8
    assert {key: figures.SETTINGS[key] for key in common} == {key: plots.SETTINGS[key] for key in common}


def words_of(figure: Figure) -> str:
    """All text of a figure, drawn."""
    figure.canvas.draw()
    title = figure._suptitle.get_text() if figure._suptitle else ""
    return "\n".join([title, *(text.get_text() for axes in figure.axes for text in axes.findobj(
        lambda artist: hasattr(artist, "get_text")))])


def pictures(spec: NetSpec, trace: golden.Trace, sample: int) -> dict[str, Figure]:
    names = ("calm", "joy", "fear", "anger")[:spec.readout.classes]
    truth = np.arange(len(trace.logits)) % max(1, len(names) - 1)  # one class has no sample
    layers, decision = spikes.layers_of(spec, trace, sample), spikes.decision_of(spec, trace, sample)
    matrix = np.zeros((len(names), len(names)), int)
    np.add.at(matrix, (truth, trace.predicted), 1)
    used = {"lut": 7466, "lutram": 428, "ff": 7751, "bram36": 15.5, "dsp": 300}
    limits = {"lut": 53200, "lutram": 17400, "ff": 106400, "bram36": 140, "dsp": 220}
    return {
        "electrodes": figures.electrode_grid(np.zeros((6, 5, 5)), TEN_TWENTY, ["de_alpha", "pse"], 1.5, EEG),
        "one feature": figures.electrode_grid(np.ones((4, 5, 5)), TEN_TWENTY, ["pse"], 1.5, EEG),
        "raster": figures.spike_raster(layers, decision, names, EEG),
        "margins": figures.margins(trace.logits, truth, names, EEG),
        "confusion": figures.confusion(matrix, names, EEG),
        "latency": figures.latency_histogram(np.full(7, 2048), 100, "measured", EEG),
        "stages": figures.stages({"dw0": 5, "encoder": 3}, 100, "one sample", EEG),
        "resources": figures.resources(used, limits, "xc7z020", "Yosys", EEG),
    }


def test_pictures_say_whose_eeg_and_what_they_show() -> None:
    """Also where nothing fires, a class has no sample, all features are 0, all latencies equal, a limit is exceeded."""
    spec = make_spec(bits=4, classes=3, hidden=(), v_min=255)
    trace = golden.run(spec, make_words(spec, 24))
    drawn = {name: words_of(figure) for name, figure in pictures(spec, trace, 0).items()}
    for name, text in drawn.items():
        assert EEG in text, name
    assert "its side from the start" in drawn["raster"]
    assert "0 of 96 neurons fire" in drawn["raster"]
    assert {"Fp1", "de alpha", "3 – 4.5 s"} <= set(drawn["electrodes"].split("\n"))
    assert {"Fp1", "pse", "4.5 – 6 s"} <= set(drawn["one feature"].split("\n"))
    assert "slowest: 2,048 cycles, 20.48 µs" in drawn["latency"]
    assert "300 of 220, 136.4%" in drawn["resources"]
    assert all(figure.get_size_inches()[0] <= figures.WIDTH_INCHES for figure in pictures(spec, trace, 0).values())


def test_source_is_python_3_10_and_has_no_results() -> None:
    for path in sorted((ROOT / "notebook").glob("*")):
        if path.name != "__pycache__":
            assert path.suffix == ".py", "the .ipynb is generated, never committed"
            ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 10))
    text = text_of(to_notebook(SOURCE))
    assert text == text_of(to_notebook(SOURCE))
    assert '"outputs": []' in text
    assert '"%matplotlib inline' in text
    assert all(cell.cell_type == "markdown" or not cell.outputs for cell in to_notebook(SOURCE).cells)


def said(notebook: Any) -> tuple[str, list[bytes]]:
    """Everything printed, and every picture."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    pngs = [base64.b64decode(output.data["image/png"]) for output in outputs if "image/png" in output.get("data", {})]
    return printed(notebook), pngs


@pytest.mark.parametrize("simulated", [True, False], ids=["simulated EEG", "recorded EEG"])
def test_it_runs_without_a_board_and_says_so(simulated: bool, tmp_path: Path) -> None:
    network = a_network(tmp_path / "spec", simulated)
    write_tree(tree(network, {}), tmp_path / "tree")
    write_tree(network, tmp_path / "delivered")
    known = {**os.environ, "PYTHONPATH": str(tmp_path / "tree")}
    text, pngs = said(execute(notebook_of(network["firstspike.ipynb"]), tmp_path / "delivered", known))
    assert "This runs on NO chip: golden model: no board." in text
    assert text.count("equal") == 2
    assert f"of {SAMPLES}; balanced accuracy" in text
    assert "No chip, so no cycles of this run." in text
    assert "ESTIMATES: no energy was measured" in text
    assert ("SIMULATED EEG: accuracies say nothing about people." in text) == simulated
    assert len(pngs) == 6
    assert min(map(len, pngs)) > 5000


def board_python() -> str:
    """The interpreter of .venv-board, where that can run notebooks; else the test is skipped."""
    try:
        python = str(environment.python())
    except UserError as error:
        pytest.skip(str(error))
    if subprocess.run([python, "-c", "import ipykernel, matplotlib"], capture_output=True, check=False).returncode:
        pytest.skip(".venv-board is older than the notebook: make board-sim renews it")
    return python


def test_it_runs_on_the_simulated_board_bit_for_bit(tmp_path: Path) -> None:
    """The network that tests/test_board_sim.py has, too, so that it is compiled once; a wrong chip fails a cell."""
    python, spec, bitstream = board_python(), make_spec(bits=6, classes=3), tmp_path / "bit" / "firstspike.bit"
    emit(spec, tmp_path / "rtl")
    build(spec, tmp_path / "rtl", ROOT / "build" / "verilated", bitstream, "dma")
    network = a_network(bitstream.parent, True, bitstream.parent, spec, [["Fz", None, "Cz", "Pz"]] * 3,
                        features=["pse"], class_names=["calm", "joy", "fear"])
    write_tree(tree({}, {}), tmp_path / "site")
    write_tree(network, tmp_path / "delivered")
    known = {**os.environ, environment.VARIABLE: "1", "PYTHONPATH": f"{tmp_path / 'site'}{os.pathsep}{ROOT}"}

    first = ["import simboard.device"]
    text, pngs = said(execute(notebook_of(network["firstspike.ipynb"]), tmp_path / "delivered", known, first, python))
    assert "This runs on a chip: simulated board, chip, by DMA. Its cycles are simulated." in text
    assert f"bit for bit as the golden model: logits, class and spikes of every layer, all {SAMPLES} samples" in text
    assert "latency, simulated: slowest" in text
    assert len(pngs) == 7
    other = network["firstspike.ipynb"].replace(b"golden.run(chip.spec, words)", b"golden.run(chip.spec, words[::-1])")
    with pytest.raises(CellExecutionError, match=r"spikes by the chip's counters: .*, of the golden model"):
        execute(notebook_of(other), tmp_path / "delivered", known, first, python)
