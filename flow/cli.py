"""`python -m flow <target>`: what the Makefile calls. One clear line and exit code 2 on bad input.

A target and options, `--data-root data` or, as the Makefile has them, `--DATA_ROOT data`; both are made of Settings.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterable
from typing import NoReturn

from base.checked import nearest
from base.environment import prepare_process
from base.errors import UserError, expected, one_line
from flow.handbook import default, meaning, terminal
from flow.reading import CONFIG, FIELDS, read
from flow.settings import Settings

INTERRUPTED = 130  # as shells have it


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(message)


def main(targets: Iterable[str], run: Callable[[str, Settings], None]) -> NoReturn:
    """Entry point. Exit codes: 0 done, 2 bad input, 130 interrupted; anything else is a defect, with its traceback."""
    prepare_process()
    try:
        target, texts = _parsed(list(targets), sys.argv[1:])
        if target == "help":
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # who reads may stop
            print(terminal())
        else:
            run(target, read(target, texts))
    except Exception as error:
        line = one_line(error)
        if line is None:
            raise
        print(f"error: {line}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted; run the same command again to go on from here", file=sys.stderr)
        sys.exit(INTERRUPTED)
    sys.exit(0)


def _parsed(targets: list[str], arguments: list[str]) -> tuple[str, dict[str, str]]:
    """The target, and the text of every variable that was given. UserError on words that mean nothing."""
    parser = _Parser(prog="python -m flow", description="See `make help` and docs/settings.md.", allow_abbrev=False)
    parser.add_argument("target", help=", ".join([*targets, "help"]))
    helps = {CONFIG: "a .toml file with any of these", **{
        name: f"{meaning(field)} [{default(field)}]" for name, field in FIELDS.items()}}
    for name, text in helps.items():
        parser.add_argument(option(name), f"--{name}", dest=name, metavar="", help=text.replace("%", "%%"))
    known, unknown = parser.parse_known_args(arguments)
    if unknown:
        raise expected("options", unknown[0], nearest(unknown[0].split("=")[0], map(option, helps)))
    texts = {name: text for name, text in vars(known).items() if text is not None}
    target = texts.pop("target")
    if target not in [*targets, "help"]:
        raise expected("target", repr(target), "one of " + ", ".join(targets))
    return target, texts


def option(name: str) -> str:
    return "--" + name.lower().replace("_", "-")
