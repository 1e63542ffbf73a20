"""`python -m peers peers`: what the Makefile calls."""

from flow.cli import main
from flow.settings import Settings


def run(_: str, settings: Settings) -> None:
    from rich.console import Console

    from peers.environment import python

    python()  # so that its absence is said before anything is trained
    from peers.compare import peers

    peers(settings, Console(highlight=False))


if __name__ == "__main__":  # not in a worker, which imports this module again
    main(["peers"], run)
