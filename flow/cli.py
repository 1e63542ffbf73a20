"""`python -m flow <target>`: what the Makefile calls. One clear line and exit code 2 on bad input."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from rich.console import Console
from typer._click.exceptions import ClickException  # typer carries its own click; the pin keeps this name

from base.errors import UserError
from flow import settings as variables

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
console = Console(highlight=False)
DEFAULT_BITS = "8"
INTERRUPTED = 130  # what typer answers to an interrupt


@app.command()
def run(
    target: Annotated[str, typer.Argument(help="demo, data, train … report: see `make help`")],
    dataset: Annotated[str, typer.Option(help="simulated, eegmat, seed, deap … (docs/datasets.md)")] = "simulated",
    data_root: Annotated[str, typer.Option(help="folder of the data set")] = "",
    test_subjects: Annotated[str, typer.Option(help="e.g. 18-23")] = "",
    preset: Annotated[str, typer.Option(help="network and folding, a file in board/presets")] = "",
    bits: Annotated[str, typer.Option(help="of weights and time")] = DEFAULT_BITS,
    seed: Annotated[str, typer.Option(help="of the training")] = "0",
    out: Annotated[str, typer.Option(help="folder for all results")] = "build",
    table: Annotated[str, typer.Option(help="none: of `make reproduce`")] = "",
    scheduler: Annotated[str, typer.Option(help="none: of `make reproduce`")] = "",
) -> None:
    """Run one target of the flow, and before it what it needs."""
    given = variables.check(dataset, data_root, test_subjects, preset, bits, seed, out)
    from flow.run import run_target  # here, so that a wrong option is answered before much is read

    variables.refuse_ignored(target, {"TABLE": table, "SCHEDULER": scheduler})
    run_target(target, given, console)


def main(app: typer.Typer) -> None:
    """Entry point. Exit codes: 0 done, 2 bad input, 130 interrupted; anything else is a defect, with its traceback."""
    # An interrupt ends worker processes at once; Python's own tidying after them is not the user's concern.
    os.environ["PYTHONWARNINGS"] = "ignore::UserWarning:multiprocessing.resource_tracker"
    try:
        code = app(standalone_mode=False) or 0
    except UserError as error:
        code = _fail(str(error))
    except ClickException as error:
        code = _fail(error.format_message())
    if code == INTERRUPTED:
        print("interrupted; run the same command again to go on from here", file=sys.stderr)
    sys.exit(code)


def _fail(message: str) -> int:
    print("error: " + " ".join(message.split()), file=sys.stderr)
    return 2
