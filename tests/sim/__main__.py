"""`python -m tests.sim`: plays a fleet in virtual time under every strategy, and prints what came of it.

With --write the tables and the plot of docs/routing.md are made anew.
"""

import argparse
import sys
import time
from dataclasses import fields, replace
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from statistics import mean
from textwrap import fill

from chalicelib.domain.routing import Strategy, strategies
from tests.sim.picture import Line, Panel, drawn
from tests.sim.results import Result, Turn, averaged, relative_shares, simulated, turned
from tests.sim.running import Run
from tests.sim.scenario import MINUTE_S, PLAIN, TURNING, Scenario

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE, PLOT = DOCS / "routing.md", DOCS / "routing.svg"
BEGIN, END = "<!-- sim: begin -->", "<!-- sim: end -->"
WIDTH = 118
DEFAULT = Strategy.TRUST_WEIGHTED.value
SET_BY_HAND = [f.name for f in fields(Scenario) if isinstance(getattr(PLAIN, f.name), int | float)]
HEAD = (
    "| strategy | success | wait p50 | p95 | p99 | mean | delay | to the bad | to newcomers | pulled"
    " | slots in use | success per wait | per delay |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def main() -> int:
    options = _options()
    scenario = replace(PLAIN, **{name: getattr(options, name) for name in SET_BY_HAND})
    began = time.monotonic()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    with Pool(initializer=_weighing, initargs=(options.trust_exponent, options.time_exponent)) as pool:
        rows = [HEAD]
        for strategy in options.strategy or [s.value for s in Strategy]:
            play = partial(simulated, scenario, strategy)
            rows.append(_row(strategy, averaged(pool.map(play, seeds, chunksize=1))))
            print(rows[-1] if len(rows) > 2 else "\n".join(rows), flush=True)
        turns = pool.map(_turned, seeds, chunksize=1)
    told = _told(turns)
    print(f"\n{told}\n\n{options.seeds} seeds in {time.monotonic() - began:.0f} s", flush=True)
    if options.write:
        _write(f"Means of {options.seeds} seeds.\n\n" + "\n".join(rows) + f"\n\n{told}")
    return 0


def _weighing(trust_exponent: float, time_exponent: float) -> None:
    """Another form of the default strategy, in this process only."""
    strategies.TRUST_EXPONENT = trust_exponent  # type: ignore[misc]
    strategies.TIME_EXPONENT = time_exponent  # type: ignore[misc]


def _turned(seed: int) -> Turn:
    return turned(Run(TURNING, DEFAULT, seed).played(), TURNING)


def _row(strategy: str, r: Result) -> str:
    shares = (r.to_bad, r.to_new, r.pulled, r.utilisation)
    waits = (r.wait_p50, r.wait_p95, r.wait_p99, r.wait, r.delay)
    cells = [f"{r.success:.1%}", *(f"{wait:.1f} s" for wait in waits), *(f"{share:.1%}" for share in shares)]
    return f"| `{strategy}` | " + " | ".join([*cells, f"{r.per_wait:.3f}", f"{r.per_delay:.3f}"]) + " |"


def _told(turns: list[Turn]) -> str:
    tasks = mean(turn.tasks_while_bad for turn in turns)
    while_bad = mean(turn.given_while_bad for turn in turns)
    back = mean(turn.back for turn in turns)
    return fill(
        f"Of 20 agents one turned bad: it was given {tasks:.0f} tasks in the 20 minutes that it was bad"
        f" (at most {max(turn.tasks_while_bad for turn in turns)}), {while_bad:.2%} of all, and of what"
        f" followed its thirtieth {mean(turn.after_thirty for turn in turns):.2%} (at most"
        f" {max(turn.after_thirty for turn in turns):.2%}). From 50 to 60 minutes after it was well again it"
        f" had {back:.0%} of an equal share (at least {min(turn.back for turn in turns):.0%}).",
        WIDTH,
    )


def _write(text: str) -> None:
    page = PAGE.read_text()
    before, rest = page.split(BEGIN, 1)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END, 1)[1]}")
    PLOT.write_text(drawn([_plain_panel(), _turning_panel()]))


def _plain_panel() -> Panel:
    record = Run(PLAIN, DEFAULT, 0).played()
    names = {"good": "12 good", "mediocre": "4 mediocre", "bad": "2 fail fast", "new": "2 newcomers"}
    lines = [Line(words, _minutes(relative_shares(record, PLAIN, kind))) for kind, words in names.items()]
    return Panel(
        "Work given to an agent, 1 is an equal share",
        lines,
        PLAIN.seconds / MINUTE_S,
        marks=[(PLAIN.halfway_s / MINUTE_S, "two join")],
    )


def _turning_panel() -> Panel:
    record = Run(TURNING, DEFAULT, 0).played()
    lines = [
        Line(words, _minutes(relative_shares(record, TURNING, kind, each_s=2.5 * MINUTE_S)))
        for kind, words in {"turning": "the one", "good": "13 good"}.items()
    ]
    events = zip(TURNING.turning, ("turns bad", "is well again"), strict=True)
    marks = [(second / MINUTE_S, words) for (second, _), words in events]
    return Panel("An agent that turns bad, and heals", lines, TURNING.seconds / MINUTE_S, marks=marks)


def _minutes(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(second / MINUTE_S, share) for second, share in points]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    add = parser.add_argument
    add("--seeds", type=int, default=16, help="runs of each strategy")
    add("--first-seed", type=int, default=0, help="of these runs")
    add("--trust-exponent", type=float, default=strategies.TRUST_EXPONENT, help="of theta in trust_weighted")
    add("--time-exponent", type=float, default=strategies.TIME_EXPONENT, help="of the time in trust_weighted")
    add("--strategy", action="append", choices=[s.value for s in Strategy], help="only this; may be repeated")
    add("--write", action="store_true", help="rewrite the figures of docs/routing.md")
    for name in SET_BY_HAND:
        default = getattr(PLAIN, name)
        add(f"--{name.replace('_', '-')}", type=type(default), default=default, help=f"default {default:g}")
    options = parser.parse_args()
    changed = [name for name, value in vars(options).items() if value != parser.get_default(name)]
    if options.write and changed != ["write"]:
        parser.error("--write is of the figures that the documents show: without other options")
    return options


if __name__ == "__main__":
    sys.exit(main())
