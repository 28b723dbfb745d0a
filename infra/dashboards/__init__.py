"""Dashboards, alarms and their documents, from the table of metrics: `python -m infra.dashboards`."""
