"""Play scenarios by hand: python -m tests.faults [--flow F] [--kind K [--at N]] [--first]: 1 when red."""

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterable, Iterator

from infra.local.engine import LocalCloud

from .enumeration import FLOWS, Rested, Scenario, play, played
from .happenings import KINDS
from .stage import STAGE, Stage


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--flow", action="append", choices=[*FLOWS])
    parser.add_argument("--kind", action="append", choices=[*KINDS])
    parser.add_argument("--at", type=int, help="this call alone")
    parser.add_argument("--first", action="store_true", help="stop at the first violation")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    os.environ.update(
        AWS_ACCESS_KEY_ID="local", AWS_SECRET_ACCESS_KEY="local", AWS_DEFAULT_REGION="us-east-1"
    )
    red = 0
    with LocalCloud(stage=STAGE, long_polls=False) as cloud:
        stage = Stage(cloud)
        for flow in asked.flow or FLOWS:
            kinds, rested = asked.kind or KINDS, Rested()
            chosen = (
                played(flow, stage, rested, kinds)
                if asked.at is None
                else _these([Scenario(flow, kind, asked.at) for kind in kinds], stage, rested)
            )
            red += _flow(flow, chosen, rested, first=asked.first)
            if red and asked.first:
                break
    return 1 if red else 0


def _these(chosen: list[Scenario], stage: Stage, rested: Rested) -> Iterator[tuple[Scenario, list[str]]]:
    for scenario in chosen:
        yield scenario, play(scenario, stage, rested).violations


def _flow(flow: str, chosen: Iterable[tuple[Scenario, list[str]]], rested: Rested, *, first: bool) -> int:
    began, red, count = time.perf_counter(), 0, 0
    for scenario, violations in chosen:
        count += 1
        if violations:
            red += 1
            print(scenario, *violations[:5], sep="\n    ", flush=True)
            if first:
                break
    print(
        f"{flow}: {count} scenarios, {len(rested)} ends, {red} red, {time.perf_counter() - began:.1f} s",
        flush=True,
    )
    return red


if __name__ == "__main__":
    sys.exit(main())
