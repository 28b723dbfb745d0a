"""Trouble with the data files while the service runs: nothing is acknowledged that would not be there."""

import contextlib
import resource
import shutil

import pytest

from infra.local.problems import EngineRefused
from tests.local.history import DATABASE, HEAD, LOG, cloud_on, put, tasks


@pytest.mark.parametrize("name", [DATABASE, LOG, HEAD])
def test_a_file_removed_while_running_ends_the_acknowledging(tmp_path, name):
    with cloud_on(tmp_path) as cloud:
        put(cloud, "d")
        (tmp_path / name).unlink()
        for _ in range(2):  # each call looks at one of the three files
            with contextlib.suppress(EngineRefused):
                put(cloud, "e")
        for _ in range(2):
            with pytest.raises(EngineRefused, match=f"{name} was removed while the service ran"):
                put(cloud, "e")


def test_a_data_directory_removed_while_running_ends_the_acknowledging_at_once(tmp_path):
    with cloud_on(tmp_path / "data") as cloud:
        put(cloud, "d")
        shutil.rmtree(tmp_path / "data")
        with pytest.raises(EngineRefused, match="was removed while the service ran"):
            put(cloud, "e")


def test_a_data_directory_moved_while_running_goes_on(tmp_path):
    with cloud_on(tmp_path / "here") as cloud:
        put(cloud, "a")
        (tmp_path / "here").rename(tmp_path / "there")
        put(cloud, "b")
    assert tasks(tmp_path / "there") == {"a", "b"}


def test_a_full_disk_ends_the_acknowledging_and_loses_nothing(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    acknowledged = set()
    with cloud_on(tmp_path) as cloud:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        try:
            for n in range(1000):
                put(cloud, f"task-{n}")
                acknowledged.add(f"task-{n}")
        except EngineRefused as refusal:
            said = str(refusal)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        with pytest.raises(EngineRefused) as again:
            put(cloud, "there is room again")
    assert "the journal could not be written" in said
    assert str(again.value) == said
    found = tasks(tmp_path)
    assert 10 < len(acknowledged) < 1000
    assert acknowledged <= found
    assert len(found - acknowledged) <= 1
