"""One logger and one table of metrics: EMF, /metrics, dashboards, alarms and docs all come from it."""

from .emf import NAMESPACE, SERVICE, EmfMetrics
from .log import logger
from .metric import Kind, Metric, Origin
from .table import METRIC_BY_NAME, METRICS
from .tally import Both, Tally

__all__ = [
    "METRICS",
    "METRIC_BY_NAME",
    "NAMESPACE",
    "SERVICE",
    "Both",
    "EmfMetrics",
    "Kind",
    "Metric",
    "Origin",
    "Tally",
    "logger",
]
