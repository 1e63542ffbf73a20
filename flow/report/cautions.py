"""What must be read before a number of the page is quoted: sentences from the run's own records."""

from __future__ import annotations

from flow.report.schema import Report
from flow.report.verdicts import verdicts


def cautions(report: Report) -> list[str]:
    """In the order in which they are shown."""
    return [*_simulated(report), _people(report), *_same_people(report), *_seeds(report), *report.dataset.cautions,
            _hardware(report)]


def _simulated(report: Report) -> list[str]:
    return ["The EEG is simulated: accuracies say nothing about people."] if report.dataset.simulated else []


def _people(report: Report) -> str:
    count = len(report.classifiers[0].by_subject[0])
    open_ = [verdict.name for verdict in verdicts(report) if verdict.state == "undecided"]
    who = "1 subject was" if count == 1 else f"{count} subjects were"
    few = f"{who} tested; all intervals are 95 % intervals over subjects (Student's t), each the mean over its seeds"
    return f"{few}. Undecided here: {'; '.join(open_)}." if open_ else f"{few}."


def _same_people(report: Report) -> list[str]:
    both = set(report.dataset.subjects_test) & {*report.dataset.subjects_train, *report.dataset.subjects_val}
    return ["The tested subjects also trained, with other trials: nothing here is about a person never seen."
            ] if both else []


def _seeds(report: Report) -> list[str]:
    """Where the network that is built stands among its siblings of other seeds."""
    built = report.classifier("quantised")
    if len(built.seeds) < 2:
        return []
    place = 1 + sum(value > built.balanced[0] for value in built.balanced)
    low, high = (f"{100 * end:.1f}" for end in (min(built.balanced), max(built.balanced)))
    rank = "the best" if place == 1 else "the worst" if place == len(built.seeds) else f"number {place}"
    return [f"This build is one seed of {len(built.seeds)}, {rank} of them in balanced accuracy: {built.label} has "
            f"{100 * built.balanced[0]:.1f} % here, {low} to {high} % over the seeds. It is built because its seed was "
            "asked for, not because of its accuracy."]


def _hardware(report: Report) -> str:
    energy = "energy is not estimated" if report.estimates.energy_uj is None else "energy is an estimate"
    times = ", so times are estimates" if report.timing.source == "assumed" else ""
    return (f"The clock of {report.timing.clock_mhz:g} MHz is {report.timing.source}{times}; "
            f"resources are of {report.resources.basis}; {energy}.")
