"""Nothing that Prometheus or Grafana asks is answered with nothing: shown on a real Prometheus."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from chalicelib.telemetry import METRICS
from infra.dashboards.alerts import ALERTS
from infra.dashboards.grafana import DASHBOARDS
from tests.e2e.processes import ROOT
from tests.proof.load import load
from tests.proof.watched import PROMETHEUS, Watching, watching

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("prometheus"),
    pytest.mark.skipif(
        PROMETHEUS is None, reason="needs the Debian package prometheus (.ci/run installs it)"
    ),
]
SECONDS = 45  # at most; on an idle machine it takes a few
PANELS = {
    f"{board.title} / {panel.title} / {query.legend}": query.expression
    for board in DASHBOARDS
    for panel in board.panels
    for query in panel.queries
}
VALUES = {alert.name: alert.value for alert in ALERTS}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watching]:
    """After the load: everything that is asked was answered, or will not be."""
    open_questions = {**PANELS, **VALUES}

    def is_all_answered() -> bool:
        for name, expression in list(open_questions.items()):
            if not w.asked(expression):
                return False
            del open_questions[name]
        return True

    with watching(tmp_path_factory.mktemp("watched")) as w:
        load(w, until=is_all_answered, seconds=SECONDS)
        yield w


@pytest.mark.parametrize("name", PANELS)
def test_every_expression_of_every_panel_has_data(name: str, watched: Watching) -> None:
    assert watched.asked(PANELS[name]), PANELS[name]


@pytest.mark.parametrize("name", VALUES)
def test_every_alert_looks_at_something(name: str, watched: Watching) -> None:
    assert watched.asked(VALUES[name]), VALUES[name]


def test_every_rule_is_evaluated_without_an_error(watched: Watching) -> None:
    (group,) = watched.got("/api/v1/rules")["groups"]
    assert {rule["name"]: rule["health"] for rule in group["rules"]} == {a.name: "ok" for a in ALERTS}


def test_what_is_served_is_clean(watched: Watching) -> None:
    command = ["promtool", "check", "metrics"]
    told = subprocess.run(command, input=watched.scraped(), capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


@pytest.mark.parametrize("what", ["config", "rules"])
def test_the_files_are_sound(what: str) -> None:
    file = ROOT / "infra/prometheus" / {"config": "prometheus.yml", "rules": "rules.yml"}[what]
    told = subprocess.run(["promtool", "check", what, str(file)], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


ASKED = (*PANELS.values(), *VALUES.values())


def _unserved(expression: str, watched: Watching) -> set[str]:
    """An expression that falls back to zero would hide a name that nobody serves."""
    words = "".join(c if c.isalnum() or c == "_" else " " for c in expression).split()
    names = {word for word in words if "_" in word and not word.startswith(("histogram_quantile", "__"))}
    return names - set(watched.got("/api/v1/label/__name__/values"))


def test_every_metric_that_is_asked_for_is_served(watched: Watching) -> None:
    assert {name for expression in ASKED for name in _unserved(expression, watched)} == set()


def test_an_expression_with_another_name_is_found_out(watched: Watching) -> None:
    for metric in METRICS:
        for expression in ASKED:
            changed = re.sub(rf"\b{metric.prometheus_name}", f"{metric.prometheus_name}x", expression)
            if changed != expression:
                assert not watched.asked(changed) or _unserved(changed, watched), changed


def test_an_expression_with_another_label_is_found_out(watched: Watching) -> None:
    expression = PANELS["AINS: Tasks & Agents / Agent status / {{status}}"]
    assert watched.asked(expression)
    assert not watched.asked(expression.replace("agent_status", 'agent_status{status="ACTIVES"}'))


def test_every_metric_that_is_served_is_on_a_panel_or_in_a_rule(watched: Watching) -> None:
    unplotted = {m.name for m in METRICS if not any(m.prometheus_name in text for text in ASKED)}
    assert unplotted == set()
