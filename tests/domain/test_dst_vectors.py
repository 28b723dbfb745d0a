"""Golden vectors: product, oracle and file name the same runs through the clock changes of odd zones."""

import pytest
from tzdata import IANA_VERSION

from chalicelib.domain.cron import parse
from chalicelib.domain.zones import first_change, zone_named
from tests.domain.vectors import catalogue, oracle, product
from tests.domain.vectors.catalogue import EXPRESSIONS, SPANS, STEP, WINDOW, Span, lines, minute_of

pytestmark = pytest.mark.uncounted
GOLDEN = catalogue.read()
spans = pytest.mark.parametrize("span", SPANS, ids=str)


def one_year(span: Span) -> int:
    """All the years of the file have their turn, in one zone or the other."""
    return span.years[SPANS.index(span) % len(span.years)]


def test_the_file_was_made_with_the_pinned_tzdata_and_holds_the_whole_catalogue() -> None:
    assert GOLDEN.tzdata == IANA_VERSION, "run `python -m tests.domain.vectors` and look at what changed"
    assert list(GOLDEN.vectors) == [line.key for span in SPANS for line in lines(span)]
    assert list(GOLDEN.changes) == [str(span) for span in SPANS]


@spans
def test_the_clocks_change_when_the_file_says(span: Span) -> None:
    place, found = zone_named(span.zone), list[str]()
    after, until = (catalogue.year_start(year) * 60_000 for year in (span.first, span.last + 1))
    while (change := first_change(place, after, until)) is not None:
        found.append(catalogue.shown(change // 60_000))
        after = change
    assert found == GOLDEN.changes[str(span)]


@spans
def test_around_every_change_product_and_oracle_name_the_runs_of_the_file(span: Span) -> None:
    for change in map(minute_of, GOLDEN.changes[str(span)]):
        since, until = change - WINDOW, change + WINDOW + STEP
        looked_at = oracle.minutes(span.zone, since, until, STEP)
        due = {text: oracle.due(text, looked_at) for text in EXPRESSIONS}
        for line in lines(span):
            golden = GOLDEN.vectors[line.key].around.get(catalogue.shown(change), "")
            by_oracle = oracle.runs(line.text, due[line.text], *line.policies[0])
            assert catalogue.relative(by_oracle, change) == golden, line
            for policy in line.policies:
                runs = product.runs(parse(line.text), span.zone, policy, since, until)
                assert catalogue.relative(runs, change) == golden, line


@spans
def test_over_a_year_product_and_oracle_have_the_runs_of_the_file(span: Span) -> None:
    year = one_year(span)
    changes, vectors = catalogue.by_oracle(span, range(year, year + 1))
    assert changes == [change for change in GOLDEN.changes[str(span)] if change.startswith(str(year))]
    for i, line in enumerate(lines(span)):
        golden = GOLDEN.vectors[line.key].years[str(year)]
        assert vectors[line.key].years == {str(year): golden}, line
        if i % 4 != SPANS.index(span) % 4:
            continue  # the command asks the product for every year of every line
        start, end = catalogue.year_start(year), catalogue.year_start(year + 1)
        runs = product.runs(parse(line.text), span.zone, line.policies[0], start, end)
        assert catalogue.digest(runs) == golden, line
