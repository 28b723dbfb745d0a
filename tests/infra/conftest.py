"""What the template tests read: the template as packaged, and the same after SAM's transform."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.package import ROOT, TEMPLATE
from tests.infra.packaged_template import package_once, translated

Resources = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def packaged() -> Path:
    """The folder `make package` would have filled."""
    return package_once(ROOT, ROOT / "out")


@pytest.fixture(scope="session")
def template(packaged: Path) -> dict[str, Any]:
    return yaml.safe_load((packaged / TEMPLATE).read_text())


@pytest.fixture(scope="session")
def made(template: dict[str, Any]) -> Resources:
    """The resources CloudFormation is told to make, by logical id."""
    return translated(template)["Resources"]
