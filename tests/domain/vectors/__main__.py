"""Write dst.json anew, once the product agrees with the oracle on every run in it."""

import sys

from tzdata import IANA_VERSION

from chalicelib.domain.cron import parse

from . import catalogue, product


def _differences(line: catalogue.Line, vector: catalogue.Vector) -> list[str]:
    """Where the product has other runs in a year than the oracle."""
    cron, years = parse(line.text), line.span.years
    since, until = catalogue.year_start(years[0]), catalogue.year_start(years[-1] + 1)
    wrong: list[str] = []
    for policy in line.policies:
        runs = product.runs(cron, line.span.zone, policy, since, until)
        for year, expected in vector.years.items():
            found = catalogue.digest([run for run in runs if catalogue.year_of(run) == int(year)])
            if found != expected:
                wrong.append(f"{line.key}, {policy}, {year}: {found}, by the oracle {expected}")
    return wrong


def main() -> int:
    """0 when the file was written, 1 when the two disagree; it takes some minutes."""
    golden = catalogue.Golden(IANA_VERSION, {}, {})
    wrong: list[str] = []
    for span in catalogue.SPANS:
        changes, vectors = catalogue.by_oracle(span, span.years)
        golden.changes[str(span)] = changes
        golden.vectors.update(vectors)
        wrong += [words for line in catalogue.lines(span) for words in _differences(line, vectors[line.key])]
        print(f"{span}: {len(changes)} changes, {len(vectors)} vectors", flush=True)
    if wrong:
        print(*wrong, "nothing was written", sep="\n")
        return 1
    catalogue.write(golden)
    print(f"{catalogue.FILE.name} holds {len(golden.vectors)} vectors of tzdata {IANA_VERSION}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
