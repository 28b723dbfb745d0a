"""CloudWatch's series: a metric of the table or of AWS, under exactly the dimensions it is emitted with."""

from dataclasses import dataclass
from typing import Any

from chalicelib.telemetry import METRIC_BY_NAME, NAMESPACE, SERVICE

FUNCTIONS = ("APIHandler", "Work", "Tick", "Stats")
API = (("ApiName", "ains-${Stage}"), ("Stage", "api"))


@dataclass(frozen=True)
class Series:
    """One line of a widget, or what an alarm looks at. Dimensions are texts for Fn::Sub."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    stat: str
    label: str = ""

    def as_row(self) -> list[Any]:
        """As a widget has it."""
        flat = [part for pair in self.dimensions for part in pair]
        return [self.namespace, self.name, *flat, {"stat": self.stat, "label": self.label or self.name}]


def ours(name: str, stat: str, label: str = "", **values: str) -> Series:
    """A metric of the table. Raises for one that CloudWatch never sees, or under other dimensions."""
    metric = METRIC_BY_NAME[name]
    if not metric.in_cloudwatch or set(values) != set(metric.dimensions):
        raise ValueError(f"{name} has the dimensions {metric.dimensions} in CloudWatch, not {tuple(values)}")
    own = tuple((dimension, values[dimension]) for dimension in metric.dimensions)
    return Series(NAMESPACE, name, (("service", SERVICE), ("stage", "${Stage}"), *own), stat, label)


def of_api(name: str, stat: str, label: str = "") -> Series:
    """Of the gateway."""
    return Series("AWS/ApiGateway", name, API, stat, label)


def of_function(logical_id: str, name: str, stat: str) -> Series:
    """Of one function."""
    return Series("AWS/Lambda", name, (("FunctionName", f"${{{logical_id}}}"),), stat, logical_id)


def of_table(table: str, name: str, stat: str = "Sum") -> Series:
    """Of one table, as the store calls it: `dead-messages` is DeadMessagesTable in the template."""
    logical_id = "".join(part.capitalize() for part in table.split("-")) + "Table"
    return Series("AWS/DynamoDB", name, (("TableName", f"${{{logical_id}}}"),), stat, table.replace("-", " "))


def of_queue(logical_id: str, name: str, stat: str, label: str = "") -> Series:
    """Of one queue."""
    return Series("AWS/SQS", name, (("QueueName", f"${{{logical_id}.QueueName}}"),), stat, label)
