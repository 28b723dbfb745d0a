"""infra/monitoring.yaml: dashboards and alarms as resources, which packaging adds to the template."""

import json
from typing import Any

import yaml

from infra.dashboards.alarms import ALARMS, Alarm
from infra.dashboards.widgets import DASHBOARDS, Widget

COLUMNS, WIDTH, HEIGHT = 24, 8, 6
PAGE = "PageAlarm"
HEAD = "# Written by `python -m infra.dashboards`; do not edit. Packaging adds it to the template.\n"


def place(number: int) -> dict[str, int]:
    """Of a widget: three in a row."""
    row, column = divmod(number * WIDTH, COLUMNS)
    return {"x": column, "y": row * HEIGHT, "width": WIDTH, "height": HEIGHT}


def document() -> str:
    """The file's text."""
    resources: dict[str, Any] = {name: _dashboard(*board) for name, board in DASHBOARDS.items()}
    resources |= {alarm.logical_id: _alarm(alarm) for alarm in ALARMS}
    resources[PAGE] = _page()
    parameter = {
        "Type": "String",
        "Default": "",
        "Description": "ARN of an SNS topic for the composite alarm. Empty, it only shows.",
    }
    whole = {
        "Parameters": {"PagerTopicArn": parameter},
        "Conditions": {"HasPager": {"Fn::Not": [{"Fn::Equals": [{"Ref": "PagerTopicArn"}, ""]}]}},
        "Resources": resources,
    }
    return HEAD + yaml.safe_dump(whole, sort_keys=False, width=120)


def body(widgets: tuple[Widget, ...]) -> dict[str, Any]:
    """Of a dashboard, as CloudWatch reads it once Fn::Sub is done."""
    return {"widgets": [_widget(number, widget) for number, widget in enumerate(widgets)]}


def _dashboard(name: str, widgets: tuple[Widget, ...]) -> dict[str, Any]:
    text = json.dumps(body(widgets), separators=(",", ":"))
    properties = {"DashboardName": {"Fn::Sub": name}, "DashboardBody": {"Fn::Sub": text}}
    return {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}


def _widget(number: int, widget: Widget) -> dict[str, Any]:
    properties = {
        "title": widget.title,
        "region": "${AWS::Region}",
        "period": 60,
        "view": "timeSeries",
        "stacked": widget.is_stacked,
        "metrics": [series.as_row() for series in widget.series],
        "yAxis": {"left": {"label": widget.unit, "min": 0, "showUnits": False}},
    }
    return {"type": "metric", **place(number), "properties": properties}


def _alarm(alarm: Alarm) -> dict[str, Any]:
    comparison = "LessThanThreshold" if alarm.is_below else "GreaterThanThreshold"
    properties = {
        "AlarmName": {"Fn::Sub": f"ains-${{Stage}}-{alarm.name}"},
        "AlarmDescription": f"{alarm.about}. Runbook: docs/runbooks/{alarm.runbook}.md",
        "Namespace": alarm.series.namespace,
        "MetricName": alarm.series.name,
        "Dimensions": [{"Name": n, "Value": {"Fn::Sub": v}} for n, v in alarm.series.dimensions],
        "Statistic": alarm.series.stat,
        "Period": alarm.seconds,
        "DatapointsToAlarm": alarm.bad,
        "EvaluationPeriods": alarm.of,
        "Threshold": alarm.threshold,
        "ComparisonOperator": comparison,
        "TreatMissingData": alarm.missing.value,
    }
    for dimension in properties["Dimensions"]:  # type: ignore[attr-defined]
        if "${" not in dimension["Value"]["Fn::Sub"]:
            dimension["Value"] = dimension["Value"]["Fn::Sub"]
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def _page() -> dict[str, Any]:
    """The one that wakes somebody: any of the urgent."""
    urgent = [alarm for alarm in ALARMS if alarm.is_urgent]
    rule = " OR ".join(f'ALARM("ains-${{Stage}}-{alarm.name}")' for alarm in urgent)
    properties = {
        "AlarmName": {"Fn::Sub": "ains-${Stage}-page"},
        "AlarmDescription": "Something that cannot wait. Which of its alarms it is says the runbook.",
        "AlarmRule": {"Fn::Sub": rule},
        "AlarmActions": {"Fn::If": ["HasPager", [{"Ref": "PagerTopicArn"}], {"Ref": "AWS::NoValue"}]},
    }
    return {
        "Type": "AWS::CloudWatch::CompositeAlarm",
        "DependsOn": [alarm.logical_id for alarm in urgent],
        "Properties": properties,
    }
