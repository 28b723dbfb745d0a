"""Grafana's dashboards as JSON."""

import json
from typing import Any

from infra.dashboards.http_panels import HTTP
from infra.dashboards.panel import Dashboard, Panel
from infra.dashboards.task_panels import TASKS

DASHBOARDS = (HTTP, TASKS)
DATASOURCE = {"type": "prometheus", "uid": "ains-prometheus"}
COLUMNS, WIDTH, HEIGHT = 24, 8, 8
# What Grafana is to do with the values of one look: these kinds show one number for each series.
AT_ONCE = ("piechart", "bargauge", "stat")


def files() -> dict[str, str]:
    """Contents by path below infra/grafana/."""
    return {
        f"dashboards/{board.uid}.json": json.dumps(_board(board), indent=2) + "\n" for board in DASHBOARDS
    }


def _board(board: Dashboard) -> dict[str, Any]:
    return {
        "uid": board.uid,
        "title": board.title,
        "tags": ["ains"],
        "timezone": "browser",
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "editable": False,
        "panels": [_panel(number, panel) for number, panel in enumerate(board.panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(number * WIDTH, COLUMNS)
    is_at_once = panel.kind in AT_ONCE
    options = (
        {"reduceOptions": {"calcs": ["lastNotNull"]}} if is_at_once else {"legend": {"displayMode": "list"}}
    )
    return {
        "id": number + 1,
        "title": panel.title,
        "description": panel.about,
        "type": panel.kind,
        "datasource": DATASOURCE,
        "gridPos": {"x": column, "y": row * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": options,
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": DATASOURCE,
                "expr": query.expression,
                "legendFormat": query.legend,
                "instant": is_at_once,
                "range": not is_at_once,
            }
            for place, query in enumerate(panel.queries)
        ],
    }
