"""`python -m flow <target>`: what the Makefile calls."""

from flow.cli import main
from flow.handbook import RUN
from flow.settings import Settings


def run(target: str, settings: Settings) -> None:
    from rich.console import Console  # here, so that a wrong option is answered before much is read

    from flow.run import run_target

    run_target(target, settings, Console(highlight=False))


if __name__ == "__main__":  # not in a worker, which imports this module again
    main(RUN, run)
