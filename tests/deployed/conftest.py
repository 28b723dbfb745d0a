"""One deployment for all tests of the deployed thing."""

import secrets
from collections.abc import Iterator

import pytest

from infra.package import ROOT
from tests.deployed.deployment import Deployment, deploy
from tests.deployed.emulated_aws import emulated_aws
from tests.infra.packaged_template import package_once


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The template of this checkout, packaged and deployed."""
    packaged = package_once(ROOT, ROOT / "out")
    with emulated_aws(tmp_path_factory.mktemp("aws")) as aws:
        yield deploy(aws, packaged, admin_key=secrets.token_urlsafe(24))


@pytest.fixture(scope="session")
def deployed_url(deployed: Deployment) -> tuple[str, str]:
    """The base URL and the admin's key."""
    return deployed.url, deployed.admin_key
