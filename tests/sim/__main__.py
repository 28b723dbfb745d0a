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

from chalicelib.domain.routing import Strategy
from tests.sim.picture import Line, Panel, drawn
from tests.sim.results import Result, Turn, averaged, relative_shares, simulated, turned
from tests.sim.running import Run
from tests.sim.scenario import MINUTE_S, PLAIN, TURNING, Scenario

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE, PLOT = DOCS / "routing.md", DOCS / "routing.svg"
BEGIN, END = "<!-- sim: begin -->", "<!-- sim: end -->"
DEFAULT = Strategy.TRUST_WEIGHTED.value
SET_BY_HAND = [f.name for f in fields(Scenario) if isinstance(getattr(PLAIN, f.name), int | float)]
HEAD = (
    "| strategy | success | wait p50 | p95 | p99 | delay | to the bad | to newcomers | pulled | slots in use"
    " | success/(1 s + delay) |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


def main() -> int:
    options = _options()
    scenario = replace(PLAIN, **{name: getattr(options, name) for name in SET_BY_HAND})
    began = time.monotonic()
    with Pool() as pool:
        rows = [HEAD]
        for strategy in options.strategy or [s.value for s in Strategy]:
            play = partial(simulated, scenario, strategy)
            rows.append(_row(strategy, averaged(pool.map(play, range(options.seeds), chunksize=1))))
            print(rows[-1] if len(rows) > 2 else "\n".join(rows), flush=True)
        turns = pool.map(_turned, range(options.seeds), chunksize=1)
    told = _told(turns)
    print(f"\n{told}\n\n{options.seeds} seeds in {time.monotonic() - began:.0f} s", flush=True)
    if options.write:
        _write(f"Means of {options.seeds} seeds.\n\n" + "\n".join(rows) + f"\n\n{told}")
    return 0


def _turned(seed: int) -> Turn:
    return turned(Run(TURNING, DEFAULT, seed).played(), TURNING)


def _row(strategy: str, r: Result) -> str:
    shares = (r.to_bad, r.to_new, r.pulled, r.utilisation)
    waits = (r.wait_p50, r.wait_p95, r.wait_p99, r.delay)
    cells = [f"{r.success:.1%}", *(f"{wait:.1f} s" for wait in waits), *(f"{share:.1%}" for share in shares)]
    return f"| `{strategy}` | " + " | ".join([*cells, f"{r.merit:.3f}"]) + " |"


def _told(turns: list[Turn]) -> str:
    while_bad = mean(turn.given_while_bad for turn in turns)
    after = mean(turn.after_30 for turn in turns)
    back = mean(turn.back for turn in turns)
    return (
        f"Of 20 agents one turned bad: it was given {while_bad:.2%} of all work while it was bad, and"
        f" {after:.2%} beyond its first 30 tasks (at most {max(turn.after_30 for turn in turns):.2%}). From"
        f" 50 to 60 minutes after it was well again it had {back:.0%} of an equal share (at least"
        f" {min(turn.back for turn in turns):.0%})."
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
    add("--seeds", type=int, default=8, help="runs of each strategy")
    add("--strategy", action="append", choices=[s.value for s in Strategy], help="only this; may be repeated")
    add("--write", action="store_true", help="rewrite the figures of docs/routing.md")
    for name in SET_BY_HAND:
        default = getattr(PLAIN, name)
        add(f"--{name.replace('_', '-')}", type=type(default), default=default, help=f"default {default:g}")
    options = parser.parse_args()
    is_plain = all(getattr(options, name) == getattr(PLAIN, name) for name in SET_BY_HAND)
    if options.write and (options.strategy or not is_plain):
        parser.error("--write needs the plain scenario and all strategies")
    return options


if __name__ == "__main__":
    sys.exit(main())
