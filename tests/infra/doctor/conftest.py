"""Deployments on the embedded engine."""

import random
from collections.abc import Iterator

import pytest

from chalicelib import wiring
from chalicelib.settings import Settings
from infra.local.engine import LocalCloud
from tests.connections import forget_connections
from tests.fakes import FakeMetrics
from tests.infra.doctor.patient import STAGE, Patient, made_busy


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud(stage=STAGE, long_polls=False) as running:
        forget_connections()
        yield running


@pytest.fixture
def empty(cloud: LocalCloud) -> Patient:
    cloud.reset()
    settings = Settings(stage=STAGE, work_queue_url=cloud.queue_url(f"ains-{STAGE}-work"))
    random.seed(7)
    stores = wiring.aws(settings, FakeMetrics())
    return Patient(cloud, wiring.assemble(stores, head_start_ms=0), stores)


@pytest.fixture
def patient(empty: Patient) -> Patient:
    """A healthy one."""
    made_busy(empty)
    return empty
