"""`python -m study <target>`: reproduce, choose, folds, explore and audit, what the Makefile calls for them."""

from flow.cli import main
from flow.handbook import STUDY
from flow.settings import Settings
from study.scheduler import check_scheduler


def run(target: str, settings: Settings) -> None:
    if settings.scheduler is not None:
        check_scheduler(settings.scheduler)
    # here, so that a wrong option is answered before much is read
    if target == "reproduce":
        from rich.console import Console

        from study.run import reproduce

        reproduce(settings, Console(highlight=False))
    elif target == "folds":
        from rich.console import Console

        from study.folds import measure

        measure(settings, Console(highlight=False))
    elif target == "explore":
        from rich.console import Console

        from study.explore import explore

        explore(settings, Console(highlight=False))
    elif target == "audit":
        from rich.console import Console

        from study.audit import audit

        audit(settings, Console(highlight=False))
    else:
        from study.choose import main as choose

        choose(settings.dataset, settings.data_root, settings.test_subjects)


if __name__ == "__main__":  # not in a worker, which imports this module again
    main(STUDY, run)
