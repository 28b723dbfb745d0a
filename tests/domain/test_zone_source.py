"""Every machine has the same rules: those of the pinned tzdata, whatever its system has."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

from chalicelib.domain.zones import RULES_VERSION, _names, zone_named

ROOT = Path(__file__).parents[2]
ASKED = """
from zoneinfo import ZoneInfo
from datetime import datetime
from chalicelib.domain.zones import offset_at, zone_named
noon = round(datetime.fromisoformat("2027-07-01T12:00Z").timestamp() * 1000)
print(offset_at(ZoneInfo("America/New_York"), noon), offset_at(zone_named("America/New_York"), noon))
"""


def test_what_is_installed_is_what_is_pinned_to_ship() -> None:
    pinned = f"tzdata=={importlib.metadata.version('tzdata')}"
    for requirements in ("requirements.txt", "infra/requirements-dev.txt"):
        assert pinned in (ROOT / requirements).read_text().splitlines()
    year, letter = RULES_VERSION[:4], ord(RULES_VERSION[4:]) - ord("a") + 1
    assert pinned == f"tzdata=={year}.{letter}"


def test_a_system_with_other_rules_changes_nothing(tmp_path: Path) -> None:
    london = ROOT / Path(importlib.import_module("tzdata").__file__ or "").parent / "zoneinfo/Europe/London"
    (tmp_path / "America").mkdir()
    (tmp_path / "America/New_York").write_bytes(london.read_bytes())
    answer = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd=ROOT,
        env={"PYTHONTZPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    by_system, by_product = map(int, answer.stdout.split())
    assert by_system == 3_600_000  # the trap is set: this machine takes New York for London
    assert by_product == -4 * 3_600_000


def test_every_name_that_is_offered_can_be_loaded() -> None:
    assert all(zone_named(name).key == name for name in _names())
