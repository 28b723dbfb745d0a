"""One logger and one table of metrics: EMF, /metrics, dashboards, alarms and docs all come from it."""

from .emf import NAMESPACE, SERVICE, EmfMetrics
from .log import Log, logger
from .metric import VALUES, Kind, Metric, Origin
from .run_log import RunFailed, RunLog
from .table import METRIC_BY_NAME, METRICS
from .tally import Both, Tally
from .trouble import named, trouble

__all__ = [
    "METRICS",
    "METRIC_BY_NAME",
    "NAMESPACE",
    "SERVICE",
    "VALUES",
    "Both",
    "EmfMetrics",
    "Kind",
    "Log",
    "Metric",
    "Origin",
    "RunFailed",
    "RunLog",
    "Tally",
    "logger",
    "named",
    "trouble",
]
