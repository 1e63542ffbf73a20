"""The command line of the studies: `reproduce` and `choose`, with the variables of a run and two of their own."""

from __future__ import annotations

from typing import Annotated

import typer

from base.errors import expected
from flow import settings as variables
from flow.cli import DEFAULT_BITS, console

TARGETS = ("reproduce", "choose")
app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def run(
    target: Annotated[str, typer.Argument(help="reproduce or choose: see `make help`")],
    dataset: Annotated[str, typer.Option(help="simulated, eegmat, seed, deap … (docs/datasets.md)")] = "simulated",
    data_root: Annotated[str, typer.Option(help="folder of the data set")] = "",
    test_subjects: Annotated[str, typer.Option(help="choose: e.g. 18-23")] = "",
    preset: Annotated[str, typer.Option(help="network and folding, a file in board/presets")] = "",
    bits: Annotated[str, typer.Option(help="of weights and time")] = DEFAULT_BITS,
    seed: Annotated[str, typer.Option(help="of the training")] = "0",
    out: Annotated[str, typer.Option(help="folder for all results")] = "build",
    table: Annotated[str, typer.Option(help="reproduce: one table instead of the page")] = "",
    scheduler: Annotated[str, typer.Option(help="reproduce: address or file of a Dask scheduler")] = "",
) -> None:
    """Run one study."""
    given = variables.check(dataset, data_root, test_subjects, preset, bits, seed, out)
    if target not in TARGETS:
        raise expected("target", repr(target), ", ".join(TARGETS))
    other_bits = "" if bits == DEFAULT_BITS else bits
    variables.refuse_ignored(target, {"TEST_SUBJECTS": test_subjects, "BITS": other_bits} if target == "reproduce"
                             else {"TABLE": table, "SCHEDULER": scheduler})
    if target == "reproduce":
        from study.run import reproduce  # here, so that a wrong option is answered before much is read

        reproduce(given, table or None, scheduler or None, console)
    else:
        from study.choose import main

        main(given.dataset, given.data_root, given.test_subjects)
