"""More stories, or one again: python -m tests.slots --seed N --examples M; exit 1 where the book is right."""

import argparse
import secrets
import sys
import time

from hypothesis import seed

from .telling import again, stories


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.slots", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--examples", type=int, default=2_000)
    parser.add_argument("--again", help="a story, as it was printed")
    asked = parser.parse_args()
    print(f"python -m tests.slots --seed {asked.seed} --examples {asked.examples}", flush=True)
    began = time.monotonic()
    try:
        if asked.again is not None:
            again(asked.again)
        else:
            seed(asked.seed)(stories(asked.examples, derandomize=False))()
    except AssertionError as wrong:
        print(f"{type(wrong).__name__}: {wrong}")
        print(*getattr(wrong, "__notes__", ()), sep="\n")
        return 1
    print(f"as the book says, in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
