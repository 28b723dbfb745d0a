"""Expressions ask for labels that are there: one that falls back to zero would hide that none matches."""

import re
from collections.abc import Iterator

import pytest

from chalicelib.telemetry import METRICS, VALUES
from infra.dashboards.alerts import ALERTS
from infra.dashboards.grafana import DASHBOARDS

QUERIES = [query for board in DASHBOARDS for panel in board.panels for query in panel.queries]
EXPRESSIONS = [query.expression for query in QUERIES] + [alert.value for alert in ALERTS]
LABELS = {metric.prometheus_name: set(metric.labels) for metric in METRICS} | {"up": {"job"}}
KNOWN = {**VALUES, "job": ("ains",)}  # as infra/prometheus/prometheus.yml names it
SELECTOR = re.compile(r"\b([a-z]\w*?)(_bucket|_sum|_count)?(?=\{|\[|\)|$| )(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')


def named(expression: str) -> Iterator[tuple[str, set[str], str]]:
    """Each metric of an expression, the labels it has there, and what it is matched by."""
    for name, suffix, matchers in SELECTOR.findall(expression):
        if name in LABELS:
            yield name, LABELS[name] | ({"le"} if suffix == "_bucket" else set()), matchers


def wrong(expression: str) -> list[str]:
    """Labels that no metric of the expression has, and values that theirs cannot have."""
    metrics = list(named(expression))
    found = [] if metrics else [f"no metric in {expression}"]
    for name, labels, matchers in metrics:
        for label, value in MATCHER.findall(matchers):
            if label not in labels or value not in KNOWN.get(label, (value,)):
                found.append(f"{name} has no {label}={value}")
    had = set().union(*(labels for _, labels, _ in metrics))
    grouped = {label for group in re.findall(r"\bby \(([^)]*)\)", expression) for label in group.split(", ")}
    return found + sorted(f"nothing has {label}" for label in grouped - had)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_labels_are_those_of_the_metrics(expression: str) -> None:
    assert wrong(expression) == []


def test_every_matcher_and_grouping_is_looked_at() -> None:
    matched = [m for e in EXPRESSIONS for _, _, matchers in named(e) for m in MATCHER.findall(matchers)]
    assert len(matched) == sum(len(MATCHER.findall(expression)) for expression in EXPRESSIONS) >= 4


def test_a_legend_names_labels_that_its_series_have() -> None:
    for query in QUERIES:
        labels = set().union(*(labels for _, labels, _ in named(query.expression)))
        assert set(re.findall(r"\{\{(\w+)\}\}", query.legend)) <= labels, query.legend


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('outcome="5xx"', 'outcomes="5xx"'),
        ('outcome="5xx"', 'outcome="500"'),
        ('job="ains"', 'job="ain"'),
        ("by (route)", "by (routes)"),
        ("by (le)", "by (less)"),
        ("by (status)", "by (route)"),
    ],
)
def test_a_label_that_is_changed_is_found_out(was: str, becomes: str) -> None:
    changed = [e.replace(was, becomes) for e in EXPRESSIONS if was in e]
    assert changed
    assert all(wrong(expression) for expression in changed)
