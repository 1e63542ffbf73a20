"""`make live`: a source of raw EEG, the pipeline, and what a person sees of them. OUT/live.json keeps the account."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from base.errors import expected
from base.files import read_json, write_json
from firstspike_board.errors import BoardError
from firstspike_board.link import Link
from firstspike_board.places import LINK_PORT
from flow.settings import GOLDEN, SIMULATED, Settings
from live.chip import Classify, by_driver, golden_model
from live.network import Network, check
from live.pipeline import CLASS, Pipeline, Result
from live.session import Account, line, run
from live.sources import Source
from live.sources.brainflow import BrainFlowBoard
from live.sources.lsl import LslStream
from live.sources.replay import Replay
from model.data import registry
from model.data.folds.splits import parse_subjects
from simboard import environment, serve

_COLUMNS = 6  # electrodes beside each other
_COLOURS = {CLASS: "green", "settling": "yellow", "unsure": "red"}


def check_settings(settings: Settings) -> None:
    """UserError, before anything is trained, where live use could not follow it."""
    dataset = registry.recordings(settings.dataset, settings.data_root)
    prepared = settings.changes.of(dataset.settings, dataset.layout)
    check(prepared.filter, prepared.smoothing, prepared.standardisation)
    if settings.chip == SIMULATED:
        environment.python()


def live(settings: Settings, console: Console) -> None:
    """Until the source ends, SECONDS are over, or Ctrl-C, which is no error. Raises UserError as sources do, and where
    the chip is not there."""
    network = Network.load(settings.out, settings.quant_folder(settings.bits))
    with _chip(settings, network) as classify, _source(settings, network) as source:
        pipeline = Pipeline(network, source.rate_hz, classify)
        account = Account(pipeline, source, network.class_names)
        screen, show = _shown(console, network, account)

        def told(result: Result) -> None:
            account.add(result)
            show(result)

        try:
            with screen:
                run(source, pipeline, told, settings.seconds)
        except KeyboardInterrupt:
            pass
        finally:
            about = {"spec_digest": network.spec.digest, "data_set": network.name, "simulated": network.simulated}
            write_json(settings.out / "live.json", {**about, **account.said()})
    counts = ", ".join(f"{count} {state}" for state, count in account.results.items())
    console.print(f"{account.said()['samples']:,} samples of {source.name}: {counts or 'no result'}; "
                  f"{settings.out}/live.json", markup=False)


@contextmanager
def _chip(settings: Settings, network: Network) -> Iterator[Classify]:
    """What computes the classes; the simulated board and a real one are at the other end of the same link."""
    if settings.chip == GOLDEN:
        yield golden_model(network.spec)
        return
    with ExitStack() as stack:
        host, port = settings.board_address, LINK_PORT
        if settings.chip == SIMULATED:
            folder = settings.board_folder(network.spec.digest, "dma")
            host, port = serve.HOST, stack.enter_context(serve.served(folder, settings.out / "logs" / "chip.log"))
        try:
            link = stack.enter_context(Link(host, network.spec, port))
        except BoardError as error:
            raise expected(f"CHIP={settings.chip}", f"{type(error).__name__} ({error})",
                           "a board on which `python3 -m firstspike_board.link firstspike.bit` runs") from error
        yield by_driver(link, BoardError)


def _source(settings: Settings, network: Network) -> Source:
    named = settings.electrodes or ()
    match settings.source:
        case "lsl":
            return LslStream(network, settings.device or "EEG", named)
        case "brainflow":
            return BrainFlowBoard(network, settings.device or "-1", named)
        case _:
            dataset = registry.recordings(settings.dataset, settings.data_root)
            return Replay(dataset, _subjects(settings, dataset.subjects))


def _subjects(settings: Settings, present: Sequence[int]) -> list[int]:
    """Those of `present` whom DEVICE names, else those who are tested."""
    if settings.device is None:
        return list(read_json(settings.out / "dataset.json")["subjects_test"])
    chosen = [subject for subject in present
              if any(subject in span for span in parse_subjects(settings.device, "DEVICE"))]
    if not chosen:
        raise expected("DEVICE", repr(settings.device), f"subjects among {present[0]} … {present[-1]}")
    return chosen


def _shown(
    console: Console, network: Network, account: Account
) -> tuple[AbstractContextManager[object], Callable[[Result], None]]:
    """On a terminal one picture that changes, else a line for each result."""
    if not console.is_terminal:
        return nullcontext(), lambda result: console.print(line(result, network.class_names), markup=False,
                                                           soft_wrap=True)
    screen = Live(console=console, auto_refresh=False)
    return screen, lambda result: screen.update(_picture(result, network, account), refresh=True)


def _picture(result: Result, network: Network, account: Account) -> Table:
    """State, logits and spikes; the electrodes; times of the stages; what happened last."""
    table = Table(show_header=False, title="SIMULATED EEG" if network.simulated else None, width=100)
    table.add_column(min_width=10)
    table.add_column(ratio=1)
    answer = result.answer
    said = result.said if answer is None else network.class_names[answer.label]
    table.add_row(f"{result.at_s:.1f} s", Text(f"{result.state}: {said}", style=_COLOURS[result.state]))
    logits = [] if answer is None else zip(network.class_names, answer.logits.tolist(), strict=True)
    table.add_row("logits", "   ".join(f"{name} {value}" for name, value in logits))
    table.add_row("spikes", "" if answer is None else f"{answer.spikes.tolist()}, by the {answer.source}")
    names, states = network.layout.electrodes, Text()
    for k, name in enumerate(names):
        fault = result.bad.get(name, "")
        states.append(f"{name} {fault or 'ok'}", style="red" if fault else "green")
        states.append("\n" if k % _COLUMNS == _COLUMNS - 1 else "   ")
    table.add_row("electrodes", states)
    times = account.said()["times"]
    table.add_row("ms", "\n".join(f"{name:10} p50 {own['p50_ms']:.2f}  p99 {own['p99_ms']:.2f}"
                                  for name, own in times.items()))
    table.add_row("happened", "\n".join(f"{event['at_s']:.1f} s  {event['event']}"
                                        for event in list(account.events)[-5:]))
    return table
