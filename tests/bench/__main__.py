"""`python -m tests.bench`: prints the tables of docs/performance.md, and with --write puts them there."""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import costs, importing, lifecycles, memory, rushing, slots, starting, submitting
from tests.bench.bench import FULL, QUICK, Bench, Table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
SECTIONS: dict[str, Callable[[Bench], Table | list[Table]]] = {
    "costs": costs.measured,
    "submit": submitting.measured,
    "lifecycles": lifecycles.measured,
    "starts": starting.measured,
    "slots": slots.measured,
    "rush": rushing.measured,
    "import": importing.measured,
    "memory": memory.measured,
}


def main() -> int:
    options = _options()
    began = time.monotonic()
    bench = Bench(QUICK if options.quick else FULL)
    texts = [_heading(quick=options.quick)]
    print(texts[0], flush=True)
    for name in options.only or SECTIONS:
        found = SECTIONS[name](bench)
        for table in found if isinstance(found, list) else [found]:
            texts.append(table.markdown())
            print(f"\n{texts[-1]}", flush=True)
    bench.say(f"done in {time.monotonic() - began:.0f} s")
    if options.write:
        _write("\n\n".join(texts))
        bench.say(f"wrote {PAGE}")
    return 0


def _heading(*, quick: bool) -> str:
    scale = " A quick run: few samples." if quick else ""
    busy = os.getloadavg()[0]
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()} on {os.cpu_count()}"
        f" shared cores ({platform.machine()}), whose load was {busy:.1f} before anything began.{scale}"
    )


def _write(text: str) -> None:
    page = PAGE.read_text()
    before, rest = page.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="small loads: about a minute instead of several")
    add("--only", action="append", choices=tuple(SECTIONS), help="one section; may be repeated")
    add("--write", action="store_true", help="rewrite the tables in docs/performance.md")
    options = parser.parse_args()
    if options.write and options.only:
        parser.error("--write needs all sections: leave out --only")
    return options


if __name__ == "__main__":
    sys.exit(main())
