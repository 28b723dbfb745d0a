"""docs/schedules.md: what it says of expressions is what they do."""

import re
from pathlib import Path

import pytest

from chalicelib.domain.cron import parse
from chalicelib.domain.cron_aws import single_run
from chalicelib.domain.cron_text import CronFormat
from chalicelib.domain.errors import Invalid

_PAGE = (Path(__file__).parents[2] / "docs" / "schedules.md").read_text()
SECTION = _PAGE.partition("## Expressions")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in SECTION.splitlines()
    if line[:1] == "|"
]
AWS = [row for row in ROWS if re.match(r"`(cron|rate|at)\(", row[0])]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize(
    "text", [text for row in ROWS if len(row) == 3 for text in quoted(row[2]) if text.count(" ") == 4]
)
def test_every_example_is_read_as_it_is_written(text: str) -> None:
    assert parse(text).text == text.replace("5/20", "5-59/20")


def test_there_are_examples() -> None:
    assert len([row for row in ROWS if len(row) == 3]) > 15
    assert len(AWS) == 9


@pytest.mark.parametrize("row", AWS, ids=lambda row: row[0])
def test_aws_notation_becomes_what_the_table_says(row: list[str]) -> None:
    for sent, kept in zip(quoted(row[0]), quoted(row[1]) or [None] * 9, strict=False):
        if kept is None:
            with pytest.raises(Invalid):
                parse(sent)
        elif kept == "run_at":
            assert single_run(sent) is not None
        else:
            assert parse(sent).text == kept


@pytest.mark.parametrize("text", ["*/60 * * * *", "10-10 * * * *", "50-10 * * * *", "? * * * *", "R * * * *"])
def test_what_is_said_to_be_refused_is(text: str) -> None:
    assert f"`{text.split(maxsplit=1)[0]}`" in SECTION
    with pytest.raises(Invalid):
        parse(text)


@pytest.mark.parametrize("text", ["*/10 * * * * *", "30 0 9 * * *"])
def test_six_fields_are_read_where_they_are_asked_for(text: str) -> None:
    assert f"`{text}`" in SECTION
    assert parse(text, CronFormat.SECONDS).text == text
