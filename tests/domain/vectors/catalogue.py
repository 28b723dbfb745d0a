"""What the golden vectors are of: zones with odd rules, expressions that fall into their clock changes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from . import oracle

FILE = Path(__file__).with_name("dst.json")
STEP = 30  # minutes: every time below, and every change of these zones, stands on one
WINDOW = 4 * 60  # minutes on either side of a change of which every run is listed
POLICIES = (("next", "first"), ("next", "both"), ("skip", "first"), ("skip", "both"))
EXPRESSIONS = (
    "30 2 * * *",
    "30 1 * * SUN",
    "0 0 * * SUN",
    "0 2 * * SUN",
    "30 23 * * SAT",
    "0 12 * * FRI,SAT",
    "0,30 0-3 * * SUN",
    "*/30 1-2 * * SUN",
    "30 */2 * * SUN",
)


@dataclass(frozen=True)
class Span:
    """A zone from the beginning of one year to the end of another, in UTC."""

    zone: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.zone} {self.first}-{self.last}"

    @property
    def years(self) -> range:
        """All of them."""
        return range(self.first, self.last + 1)


@dataclass(frozen=True)
class Line:
    """One expression in one zone under one policy; a rhythm has no policy and stands for all four."""

    span: Span
    text: str
    policies: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """Its name in the file."""
        policy = "any" if len(self.policies) > 1 else "/".join(self.policies[0])
        return f"{self.span} | {self.text} | {policy}"


@dataclass(frozen=True)
class Vector:
    """Of each year the number of runs and their hash; of each change the runs around it, relative to it."""

    years: Mapping[str, str]
    around: Mapping[str, str]


@dataclass(frozen=True)
class Golden:
    """The file: the changes of each span, and the vectors by name; a change without runs is not in them."""

    tzdata: str
    changes: dict[str, list[str]]
    vectors: dict[str, Vector]


SPANS = (
    Span("America/New_York", 2024, 2030),
    Span("Europe/London", 2024, 2030),
    Span("Australia/Lord_Howe", 2024, 2030),  # half an hour
    Span("Antarctica/Troll", 2024, 2030),  # two hours
    Span("Africa/Casablanca", 2024, 2030),  # an hour back for Ramadan, given up in 2026
    Span("Africa/Casablanca", 2019, 2023),
    Span("America/Santiago", 2024, 2030),  # at midnight
    Span("Asia/Kolkata", 2024, 2030),  # none
    Span("Pacific/Apia", 2024, 2030),  # none any more
    Span("Pacific/Apia", 2010, 2012),  # 30 December 2011 does not exist
    Span("Pacific/Kwajalein", 1993, 1993),  # 21 August does not exist
)


def lines(span: Span) -> Iterator[Line]:
    """All that is asked of one zone."""
    for text in EXPRESSIONS:
        if oracle.has_rhythm(text):
            yield Line(span, text, POLICIES)
        else:
            yield from (Line(span, text, (policy,)) for policy in POLICIES)


def by_oracle(span: Span, years: range) -> tuple[list[str], dict[str, Vector]]:
    """The changes in these years of a span, and its vectors by name."""
    looked_at = oracle.minutes(span.zone, year_start(years[0]), year_start(years[-1] + 1), STEP)
    changes = oracle.changes(looked_at)
    due = {text: oracle.due(text, looked_at) for text in EXPRESSIONS}
    vectors = {
        line.key: _vector(years, oracle.runs(line.text, due[line.text], *line.policies[0]), changes)
        for line in lines(span)
    }
    return [shown(change) for change in changes], vectors


def _vector(years: range, runs: list[int], changes: list[int]) -> Vector:
    around = {shown(change): relative(runs, change) for change in changes}
    return Vector(
        {str(year): digest([run for run in runs if year_of(run) == year]) for year in years},
        {change: near for change, near in around.items() if near},
    )


def relative(runs: list[int], change: int) -> str:
    """Those near a change, as minutes before or after it."""
    return " ".join(str(run - change) for run in runs if abs(run - change) <= WINDOW)


def digest(runs: list[int]) -> str:
    """How many, and which, in one word."""
    return f"{len(runs)}:{sha256(' '.join(map(str, runs)).encode()).hexdigest()[:8]}"


def year_start(year: int) -> int:
    """Minutes since the epoch."""
    return round(datetime(year, 1, 1, tzinfo=UTC).timestamp()) // 60


def year_of(minute: int) -> int:
    """In UTC."""
    return datetime.fromtimestamp(minute * 60, UTC).year


def shown(minute: int) -> str:
    """A minute of UTC as text, and back by `minute_of`."""
    return f"{datetime.fromtimestamp(minute * 60, UTC):%Y-%m-%dT%H:%MZ}"


def minute_of(text: str) -> int:
    """A minute of UTC from its text."""
    return round(datetime.fromisoformat(text).timestamp()) // 60


def read() -> Golden:
    """The file as it is."""
    kept = json.loads(FILE.read_text())
    vectors = {key: Vector(*parts) for key, parts in kept["vectors"].items()}
    return Golden(kept["tzdata"], kept["changes"], vectors)


def write(golden: Golden) -> None:
    """One vector a line, so that a change of the rules shows where it is one."""
    changes = [_row(span, at) for span, at in golden.changes.items()]
    vectors = [_row(key, [vector.years, vector.around]) for key, vector in golden.vectors.items()]
    parts = (f'"tzdata": {json.dumps(golden.tzdata)}', _rows("changes", changes), _rows("vectors", vectors))
    FILE.write_text("{" + ",\n".join(parts) + "}\n")


def _rows(name: str, rows: list[str]) -> str:
    return f'"{name}": {{\n' + ",\n".join(rows) + "\n}"


def _row(key: str, value: object) -> str:
    return f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}"
