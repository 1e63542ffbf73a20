"""The stages of firstspike and the targets of the Makefile."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from base.errors import expected
from base.files import read_json
from base.lock import held
from base.records import file_hash
from flow.limits import check_network, check_overlay
from flow.settings import SIMULATED, Settings
from flow.stages import Stage, own_key, record_of, run_until
from flow.workers import tell
from model.data import examples, registry
from model.data.examples import Examples
from model.data.signal.features import feature_names
from package.bitstream import given

HARDWARE = "flow/hardware.py"
PICTURED = ("package", "board-sim")  # targets with the notebook in them


def _samples(settings: Settings) -> None:
    from model.data.prepare import prepare

    prepare(settings.dataset, settings.data_root, settings.out, settings.choice, settings.changes,
            cache_folder=settings.out / "cache", tell=partial(tell, "features"))


def _train(settings: Settings) -> None:
    from flow.software.training import train_all

    train_all(settings, own_key(STAGES["train"], settings.params("train", choices=False)))


def _tune(settings: Settings) -> None:
    from flow.software.tuning import tune_all

    tune_all(settings, own_key(STAGES["tune"], settings.params("tune", choices=False)))


def _lower(settings: Settings) -> None:
    from flow.software.lowering import lower_all

    lower_all(settings, own_key(STAGES["lower"], settings.params("lower", choices=False)))


def _earliest(settings: Settings) -> None:
    from flow.earliest import run_earliest

    run_earliest(settings)


def _said_of_earliest(settings: Settings) -> str:
    from flow.earliest import said

    return said(read_json(settings.out / "earliest.json"))


def _hls(settings: Settings) -> None:
    from flow.hardware import run_csim

    run_csim(settings)


def _rtl(settings: Settings) -> None:
    from flow.hardware import emit_rtl

    emit_rtl(settings)


def _cosim(settings: Settings) -> None:
    from flow.hardware import run_cosim

    run_cosim(settings)


def _driver(settings: Settings) -> None:
    from flow.hardware import run_driver

    run_driver(settings)


def _driver_outputs(settings: Settings) -> list[Path]:
    """And the simulated boards, which notebook and live use load. Called when the specs are there."""
    from flow.packaging import digest
    from rtl.system import WAYS
    from simboard.build import parts

    bitstreams = [settings.board_folder(digest(settings), way) / "firstspike.bit" for way in WAYS]
    return [settings.out / "driver.json", *(path for bitstream in bitstreams for path in parts(bitstream))]


def _driven(settings: Settings) -> str:
    """One line on what `make board-sim` did."""
    found = read_json(settings.out / "driver.json")
    row, = found["bit_exact"]
    seconds = ", ".join(f"{way}: {said['whole_s']} s" for way, said in found["ways"].items())
    return f"driver = golden on {row['samples'] - row['mismatches']} of {row['samples']} samples ({seconds})"


def _exported(settings: Settings) -> list[str]:
    """What Vitis HLS has exported of the spec that is built, if that is to be simulated."""
    if settings.rtl != "hls":
        return []
    from hls.vitis import SOLUTION
    from rtl.exported import sources

    spec = settings.quant_folder(settings.bits) / "spec.json"
    folder = settings.build_folder(read_json(spec)["digest"]) if spec.is_file() else settings.out
    return [file_hash(path) for path in sources(folder / "hls" / SOLUTION)]


def _said_of_exported(settings: Settings) -> str:
    return str(read_json(settings.out / "cosim.json")["exported"])


def _synth(settings: Settings) -> None:
    from flow.hardware import run_synth

    run_synth(settings)


def _energy(settings: Settings) -> None:
    from flow.hardware import run_energy

    run_energy(settings)


def _counted(settings: Settings) -> str:
    """One line on what `make energy` counted."""
    total = read_json(settings.out / "energy.json")["units"]["total"]
    return (f"{total['toggles']:,.0f} toggles per inference; {total['gates']:,} gate equivalents (estimate) beside "
            f"{total['memory_bits']:,} bits of memory; per unit: {settings.out}/energy.json")


def _timing(settings: Settings) -> None:
    from flow.hardware import run_timing

    run_timing(settings)


def _overlay(settings: Settings) -> None:
    from flow.hardware import run_overlay

    run_overlay(settings)


def _also_told(settings: Settings) -> list[str | None]:
    """What `make timing`, `make overlay` and `make board-sim` have left, if anything: the report tells it."""
    paths = [settings.out / name for name in ("placed.json", "overlay.json", "driver.json")]
    return [file_hash(path) if path.is_file() else None for path in paths]


def _said(name: str) -> Callable[[Settings], str]:
    """The line that a stage has left in a file of OUT."""
    return lambda settings: str(read_json(settings.out / name)["said"])


def _report(settings: Settings) -> None:
    """Put the stages' findings together and draw the report."""
    from flow.report.gather import gather
    from flow.report.page import write_report

    gather(settings)
    write_report(settings.out)


def _notebook(settings: Settings) -> None:
    from flow.notebooks import run_notebooks

    run_notebooks(settings)


def _notebook_outputs(settings: Settings) -> list[Path]:
    from flow.notebooks import notebooks

    return notebooks(settings)


def _package(settings: Settings) -> None:
    from flow.packaging import write_package

    write_package(settings)


def _package_outputs(settings: Settings) -> list[Path]:
    from flow.packaging import archive

    return [archive(settings)]


def _bitstream(settings: Settings) -> list[str]:
    """BITSTREAM, or what `make overlay` has left of this network, if anything; nothing before there is one."""
    from flow.packaging import bitstream

    if settings.bitstream is None and not (settings.quant_folder(settings.bits) / "spec.json").is_file():
        return []
    found = bitstream(settings)
    return [found.why, *(sha256(data).hexdigest() for data in found.files.values())]


def _said_of_package(settings: Settings) -> str:
    from flow.packaging import remark

    return remark(settings)


def _data(settings: Settings) -> str:
    """What the data set is, wherever it lies: its reader names the files, whose contents count."""
    from model.data.identity import identity

    return identity(registry.load(settings.dataset, settings.data_root), settings.out / "cache")


def notes_in(path: Path) -> str:
    """One line on what the readers did to recordings, of the `notes` in a JSON file; empty where there are none."""
    notes = read_json(path)["notes"]
    more = f" (and {len(notes) - 1} more notes in {path})" if len(notes) > 1 else ""
    return notes[0] + more if notes else ""


def _notes(settings: Settings) -> str:
    return notes_in(settings.out / "dataset.json")


def _out(*names: str) -> Any:
    return lambda settings: [settings.out / name for name in names]


def _train_outputs(settings: Settings) -> list[Path]:
    networks = [settings.train_folder("lsnnet", seed) / "float.pt" for seed in settings.seeds]
    return [*(settings.out / f"{name}.json" for name in ("train", "classifiers", "history")), *networks]


def _tune_outputs(settings: Settings) -> list[Path]:
    return [settings.out / "tune.json", *(settings.tune_folder(*pair) / "model.onnx" for pair in settings.quantised)]


def _lower_outputs(settings: Settings) -> list[Path]:
    specs = [settings.quant_folder(*pair) / name for pair in settings.quantised for name in ("spec.json", "params.npz")]
    return [settings.out / "quant.json", settings.out / "accuracy.json", *specs]


def _rtl_outputs(settings: Settings) -> list[Path]:
    """All that was emitted for every width. Called when the specs are there."""
    folders = [settings.build_folder(read_json(settings.quant_folder(bits) / "spec.json")["digest"]) / "rtl"
               for bits in settings.widths]
    return [path for folder in folders for name in ("*.sv", "files.f", "rom/*.hex")
            for path in sorted(folder.glob(name)) if path.name[0] != "."]


# In an order in which a stage comes after what it needs.
STAGES: dict[str, Stage] = {stage.name: stage for stage in (
    Stage("samples", (), ("model.data.prepare",), ("model/data",),
          _out("samples.npz", "dataset.json"), _samples, _data, _notes),
    Stage("train", ("samples",), ("flow.software.training",), (), _train_outputs, _train),
    Stage("tune", ("train",), ("flow.software.tuning",), (), _tune_outputs, _tune),
    Stage("lower", ("tune",), ("flow.software.lowering",), (), _lower_outputs, _lower),
    Stage("earliest", ("lower",), ("flow.earliest",), (), _out("earliest.json"), _earliest, remark=_said_of_earliest),
    Stage("hls", ("lower",), ("spec.golden", "hls.csim", "hls.schedule", "hls.vitis", "hls.bambu"),
          (HARDWARE, "hls/kernels", "hls/shim", "hls/templates"), _out("hls.json"), _hls),
    Stage("rtl", ("lower",), ("rtl.emit", "rtl.verilator"), (HARDWARE, "rtl/units", "rtl/templates"),
          _rtl_outputs, _rtl),
    Stage("cosim", ("rtl",), ("spec.golden", "rtl.sim", "rtl.cycles", "rtl.exported"),
          (HARDWARE, "rtl/harness.cpp", "rtl/exported.sv"),
          _out("cosim.json", "spikes.json", "cycles.json"), _cosim, _exported, _said_of_exported),
    Stage("driver", ("rtl",), ("spec.golden", "simboard.build", "rtl.cycles"),
          (HARDWARE, "rtl/templates", "simboard", "simboard/requirements.txt", "firstspike_board"),
          _driver_outputs, _driver, remark=_driven),
    Stage("synth", ("rtl",), ("rtl.synth",), (HARDWARE,), _out("resources.json"), _synth),
    Stage("timing", ("rtl",), ("rtl.timing",), (HARDWARE,), _out("placed.json"), _timing,
          remark=_said("placed.json")),
    Stage("overlay", ("rtl",), ("overlay.vivado", "overlay.open_route", "rtl.system"),
          (HARDWARE, "overlay", "rtl/templates"), _out("overlay.json"), _overlay, remark=_said("overlay.json")),
    Stage("energy", ("rtl",), ("rtl.activity", "rtl.gates"), (HARDWARE, "rtl/harness.cpp"), _out("energy.json"),
          _energy, remark=_counted),
    Stage("report", ("hls", "cosim", "synth"), ("flow.report.page", "flow.report.gather"), ("flow/report",),
          _out("report.json", "report.html"), _report, _also_told),
    Stage("notebook", ("driver", "report"), ("flow.notebooks",),
          ("firstspike_board", "spec", "base", "notebook", "simboard"), _notebook_outputs, _notebook,
          remark=lambda settings: "run on the simulated board: " + ", ".join(map(str, _notebook_outputs(settings)))),
    Stage("package", ("report",), ("flow.packaging", "firstspike_board"),
          ("firstspike_board", "spec", "base", "notebook", "docs/board.md", "LICENSE",
           "examples/bare_metal/main.c"), _package_outputs, _package,
          _bitstream, _said_of_package),
)}
# Targets that are called otherwise than the last stage that they run.
ALSO = {"quant": "lower", "demo": "report", "board-sim": "notebook", "live": "lower"}


def last_stage(target: str, settings: Settings) -> str:
    """Of a target's stages."""
    if target == "live" and settings.chip == SIMULATED:
        return "driver"
    return ALSO.get(target, target)


def _run_stage(name: str, key: str, settings: Settings) -> float:
    """In a worker."""
    return record_of(STAGES[name], key, settings).run(lambda: STAGES[name].run(settings))


def run_target(target: str, settings: Settings, console: Console) -> None:
    """Run one target of handbook.RUN."""
    if target == "data":
        _download(settings, console)
    else:
        _check_network(settings)
        if target in PICTURED and not registry.entry(settings.dataset).eeg:
            raise expected(f"make {target}", f"DATASET={settings.dataset}", "EEG: the notebook draws electrodes")
        if target == "live":
            from flow.live import check_settings

            check_settings(settings)
        if target == "overlay":
            check_overlay(settings.board_facts, settings.route, settings.rtl)
        if settings.bitstream is not None:
            given(settings.bitstream, settings.board_facts, None)
        simulated = " (simulated EEG)" if settings.dataset == "simulated" else ""
        console.print(f"firstspike: {target}, {settings.dataset}{simulated}, INT{settings.bits}, seeds "
                      f"{settings.seeds[0]}-{settings.seeds[-1]}, into {settings.out}/")
        with held("OUT", settings.out):
            run_until(STAGES, last_stage(target, settings), settings, console, _run_stage)
            if target in ("demo", "report"):
                _show(settings, console)
            if target == "earliest":
                from flow.earliest_page import write_page

                console.print(f"written: {write_page(settings)}")
            _refuse_mismatches(settings, last_stage(target, settings))
        if target == "live":
            from flow.live import live

            live(settings, console)


def _check_network(settings: Settings) -> None:
    """UserError where what is asked for cannot become hardware. Readers know their layout without reading."""
    dataset = registry.load(settings.dataset, settings.data_root)
    if isinstance(dataset, Examples):
        recipe, shape = settings.recipe_facts, dataset.shape
        if recipe.features is not None or not recipe.overlap:
            raise expected("RECIPE", recipe.name, f"one without [data]: {dataset.name} is no EEG")
        examples.check(dataset, settings.choice, settings.changes)
    else:
        prepared = settings.changes.of(dataset.settings, dataset.layout)
        frames, height, width = dataset.layout.shape
        shape = (frames * len(feature_names(prepared.features)), height, width)
    check_network(settings.network, shape, len(dataset.class_names),
                  [(bits, settings.time_of(bits)) for bits in settings.widths], settings.early)


def _refuse_mismatches(settings: Settings, stage: str) -> None:
    """End with exit code 1 where an implementation that ran up to this stage is not the golden model, bit for bit."""
    part = {"hls": "hls", "cosim": "cosim", "driver": "driver", "notebook": "driver", "report": "bit_exact"}.get(stage)
    if part is None:
        return
    found = read_json(settings.out / f"{part}.json")
    wrong = [f"{row['pair']} at INT{row['bits']}: {row['mismatches']} of {row['samples']} samples differ"
             for row in (found if part == "bit_exact" else found["bit_exact"]) if row["mismatches"]]
    if wrong:
        print("not bit-exact: " + "; ".join(wrong), file=sys.stderr)
        sys.exit(1)
    if stage == "hls":
        print(found["said"])


def _download(settings: Settings, console: Console) -> None:
    if settings.data_root is None:
        raise expected("DATASET", settings.dataset, "a data set that has files")
    files = registry.download(settings.dataset, settings.data_root)
    console.print(f"{len(files)} recordings in {settings.data_root}, checksums compared")


def _show(settings: Settings, console: Console) -> None:
    """The report's verdicts on the terminal."""
    from flow.report.schema import Report
    from flow.report.verdicts import verdicts

    report = Report.model_validate_json(json.dumps(read_json(settings.out / "report.json")))
    simulated = "SIMULATED EEG: accuracies say nothing about people" if report.dataset.simulated else None
    table = Table(show_header=False, title=simulated)
    for _ in range(3):
        table.add_column()
    marks = {"yes": "[green]ok[/]", "no": "[red]no[/]", "undecided": "[yellow]?[/]", "figure": ""}
    for verdict in verdicts(report):
        table.add_row(marks[verdict.state], f"{verdict.name}: {verdict.value}", verdict.detail)
    console.print(table)
    console.print(f"{settings.out}/report.html, {settings.out}/report.json")
