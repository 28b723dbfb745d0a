"""Storms, pairs of faults and interleavings by seed; exit 1 when anything is broken. `make chaos` runs it.

The same seed is the same run, call by call, whatever else runs beside it.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator

from .chaos_jobs import Job, MeetingsJob, PairsJob, StormJob, prepare, run
from .company import Size
from .meetings import MEETINGS
from .storm import Outcome

SEEDS, PAIRS, PAIRS_AT_ONCE, ORDERS = 20, 300, 25, 10
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",  # the order of sets is part of a run
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
}
COLUMNS = (
    "seed",
    "tasks",
    "slots",
    "calls",
    "faults",
    "retries",
    "rescues",
    "minutes",
    "seconds",
    "violations",
)


def main() -> int:
    asked = _asked()
    jobs = list(_jobs(asked))
    os.environ.update(ENVIRONMENT)
    began, outcomes, broken = time.perf_counter(), [], 0
    with multiprocessing.get_context("spawn").Pool(min(len(jobs), os.cpu_count() or 1), prepare) as pool:
        for result in pool.imap_unordered(run, jobs):
            outcomes += [] if result.outcome is None else [result.outcome]
            broken += len(result.violations)
            print(
                f"{time.perf_counter() - began:5.0f} s  {result.line}",
                *result.violations,
                sep="\n",
                flush=True,
            )
    if outcomes:
        print(*_table(sorted(outcomes, key=lambda outcome: outcome.seed)), sep="\n")
    print(f"{broken} violations" if broken else "no violation", f"in {time.perf_counter() - began:.0f} s")
    return 1 if broken else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="the first storm's; alone: this storm and nothing else")
    parser.add_argument("--seeds", type=int, help=f"how many storms ({SEEDS})")
    parser.add_argument("--pairs", type=int, help=f"how many pairs of faults ({PAIRS})")
    parser.add_argument("--tasks", type=int, default=Size.tasks, help="of each storm (%(default)s)")
    parser.add_argument("--meeting", choices=[*MEETINGS], help="in the order of --seed, and nothing else")
    parser.add_argument("--pair", type=int, help="the pair of this seed and nothing else")
    return parser.parse_args()


def _jobs(asked: argparse.Namespace) -> Iterator[Job]:
    """Storms first, since they take longest."""
    if asked.pair is not None:
        yield PairsJob((asked.pair,))
        return
    if asked.meeting is not None:
        yield MeetingsJob(asked.meeting, (asked.seed or 0,))
        return
    is_all = asked.seed is None
    first = 1 if asked.seed is None else asked.seed
    seeds = (SEEDS if is_all else 1) if asked.seeds is None else asked.seeds
    pairs = (PAIRS if is_all else 0) if asked.pairs is None else asked.pairs
    for seed in range(first, first + seeds):
        yield StormJob(seed, asked.tasks)
    for start in range(0, pairs, PAIRS_AT_ONCE):
        yield PairsJob(tuple(range(start, min(pairs, start + PAIRS_AT_ONCE))))
    for meeting in MEETINGS if is_all and asked.seeds is None else ():
        yield MeetingsJob(meeting, tuple(range(ORDERS)))


def _table(outcomes: list[Outcome]) -> Iterator[str]:
    """One line a storm, then the faults of all by kind."""
    yield "".join(f"{name:>11}" for name in COLUMNS)
    for o in outcomes:
        row = (o.seed, o.tasks, o.slots, o.calls, sum(o.befallen.values()), o.retries, o.rescues)
        row += (round(o.minutes), round(o.seconds), len(o.violations))
        yield "".join(f"{value:>11}" for value in row)
    kinds: Counter[str] = sum((o.befallen for o in outcomes), Counter())
    yield "faults: " + ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))


if __name__ == "__main__":
    sys.exit(main())
