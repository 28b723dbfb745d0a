"""Longer, from a seed: python -m tests.model --seed N --examples M; exit 1 where the model is wrong."""

import argparse
import secrets
import sys
import time

from hypothesis.stateful import run_state_machine_as_test

from .running import machine, settings_of


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--examples", type=int, default=1_000)
    parser.add_argument("--steps", type=int, default=60, help="of each example")
    asked = parser.parse_args()
    again = f"python -m tests.model --seed {asked.seed} --examples {asked.examples} --steps {asked.steps}"
    print(again, flush=True)
    began = time.monotonic()
    wanted = settings_of(examples=asked.examples, steps=asked.steps, derandomize=False)
    try:
        run_state_machine_as_test(machine(seeded=asked.seed), settings=wanted)
    except Exception as contradiction:
        print(f"{type(contradiction).__name__}: {contradiction}")
        print(*getattr(contradiction, "__notes__", ()), sep="\n")
        print(f"again: {again}")
        return 1
    print(f"{asked.examples} examples as the model says, in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
