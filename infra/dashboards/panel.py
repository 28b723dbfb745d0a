"""A panel of a Grafana dashboard, and its PromQL."""

from dataclasses import dataclass

from chalicelib.telemetry import METRIC_BY_NAME

WINDOW = "$__rate_interval"  # Grafana's: at least four scrapes


@dataclass(frozen=True)
class Query:
    """One expression; `legend` may name labels as Grafana does."""

    expression: str
    legend: str


@dataclass(frozen=True)
class Panel:
    """`kind` and `unit` are Grafana's words."""

    title: str
    about: str
    unit: str
    queries: tuple[Query, ...]
    kind: str = "timeseries"


@dataclass(frozen=True)
class Dashboard:
    """A page of panels."""

    uid: str
    title: str
    panels: tuple[Panel, ...]


def shown(name: str) -> str:
    """A metric of the table, as Prometheus calls it. KeyError for one that is not there."""
    return METRIC_BY_NAME[name].prometheus_name


def rate(name: str, by: str = "", where: str = "") -> str:
    """Of a counter, per second."""
    grouped = f"sum by ({by})" if by else "sum"
    return f"{grouped} (rate({shown(name)}{where}[{WINDOW}]))"


def quantile(share: float, name: str) -> str:
    """Of a distribution, over all its series."""
    return f"histogram_quantile({share}, sum by (le) (rate({shown(name)}_bucket[{WINDOW}])))"


def mean(name: str) -> str:
    """Of a distribution; zero while nothing was observed."""
    observed = f"sum (rate({shown(name)}_count[{WINDOW}]))"
    return f"sum (rate({shown(name)}_sum[{WINDOW}])) / ({observed} > 0) or vector(0)"
