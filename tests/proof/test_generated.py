"""What is generated is up to date, and what stands beside it fits."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from infra.dashboards.__main__ import generated, stale
from infra.dashboards.alerts import ALERTS
from infra.dashboards.grafana import DATASOURCE
from infra.dashboards.widgets import DASHBOARDS as WIDGETS
from tests.e2e.processes import ROOT

GRAFANA = ROOT / "infra/grafana"
COMPOSE = ROOT / "infra/docker-compose.yml"


def test_what_is_committed_is_what_would_be_written() -> None:
    assert stale() == [], "run python -m infra.dashboards"


def test_a_change_of_one_file_is_noticed(tmp_path: Path) -> None:
    for path, text in generated().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert stale(tmp_path) == []
    changed = next(iter(generated()))
    (tmp_path / changed).write_text("changed")
    assert stale(tmp_path) == [changed]


def test_the_dashboards_ask_a_datasource_that_is_provisioned() -> None:
    provisioned = yaml.safe_load((GRAFANA / "provisioning/datasources/ains.yaml").read_text())
    by_uid = {source["uid"]: source["type"] for source in provisioned["datasources"]}
    assert by_uid == {"ains-prometheus": "prometheus", "ains-cloudwatch": "cloudwatch"}
    assert by_uid[DATASOURCE["uid"]] == DATASOURCE["type"]
    for file in (GRAFANA / "dashboards").glob("*.json"):
        panels = json.loads(file.read_text())["panels"]
        assert {target["datasource"]["uid"] for panel in panels for target in panel["targets"]} <= set(by_uid)


def test_no_dashboard_is_left_over() -> None:
    made = {Path(path).name for path in generated() if path.startswith("infra/grafana/dashboards/")}
    assert {file.name for file in (GRAFANA / "dashboards").iterdir()} == made


def test_the_pictures_are_well_formed_and_name_every_widget_and_line() -> None:
    for name, widgets in WIDGETS.values():
        text = (ROOT / f"docs/images/cloudwatch-{name.rpartition('-')[2]}.svg").read_text()
        shown = {node.text for node in ElementTree.fromstring(text).iter() if node.text}
        assert {widget.title for widget in widgets} <= shown
        for label in (series.label or series.name for widget in widgets for series in widget.series):
            assert any(text.startswith(f"{label} (") for text in shown), f"{label} is cut off"


def test_panels_stand_side_by_side() -> None:
    for file in (GRAFANA / "dashboards").glob("*.json"):
        places = [panel["gridPos"] for panel in json.loads(file.read_text())["panels"]]
        cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in (p["y"],)]
        assert len(cells) == len(set(cells))
        assert max(x for x, _ in cells) < 24


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_each_alert_has_a_runbook(alert: Any) -> None:
    assert (ROOT / "docs/runbooks" / f"{alert.runbook}.md").exists()


def _services() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text())["services"]


def test_the_images_are_pinned() -> None:
    for service in _services().values():
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", service["image"])


def test_what_is_mounted_exists_and_is_mounted_read_only() -> None:
    for service in _services().values():
        for source, _, access in (volume.partition(":") for volume in service["volumes"]):
            assert not source.startswith(".") or (COMPOSE.parent / source).exists()
            assert not source.startswith(".") or access.endswith(":ro")


def test_nothing_listens_beyond_this_machine() -> None:
    services = _services()
    assert "--web.listen-address=127.0.0.1:9090" in services["prometheus"]["command"]
    assert services["grafana"]["environment"]["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert not [service for service in services.values() if "ports" in service]


def test_there_is_no_default_password_and_nobody_gets_in_without() -> None:
    environment = _services()["grafana"]["environment"]
    assert environment["GF_SECURITY_ADMIN_PASSWORD"].startswith("${GF_SECURITY_ADMIN_PASSWORD:?")
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == environment["GF_USERS_ALLOW_SIGN_UP"] == "false"


def _config(file: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """What `docker compose config` says: Compose's own program, which needs no daemon for that."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GF_")}
    command = [Path(sys.executable).with_name("docker-compose"), "-f", file, "config", "--quiet"]
    return subprocess.run(
        command, env=inherited | environment, capture_output=True, text=True, timeout=30, check=False
    )


def test_compose_takes_the_file_and_asks_for_the_password() -> None:
    assert _config(COMPOSE, GF_SECURITY_ADMIN_PASSWORD="one of ours").returncode == 0
    refused = _config(COMPOSE)
    assert refused.returncode != 0
    assert "there is no default" in refused.stderr


@pytest.mark.parametrize(("was", "becomes"), [("image:", "images:"), ("restart: unless", "restart: [unless")])
def test_compose_does_not_take_a_file_that_is_wrong(was: str, becomes: str, tmp_path: Path) -> None:
    changed = tmp_path / "docker-compose.yml"
    changed.write_text(COMPOSE.read_text().replace(was, becomes))
    assert _config(changed, GF_SECURITY_ADMIN_PASSWORD="one of ours").returncode != 0
