"""Data files cut or changed at any byte: a start refuses in one clear line, or all acknowledged is there."""

import copy
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.local.problems import CannotStart
from tests.local.damages import PAGE, damages
from tests.local.history import (
    DATABASE,
    HEAD,
    INDEX,
    LOG,
    TASKS,
    History,
    checkpoint,
    cloud_on,
    killed_copy,
    recovered,
    state,
)

SEED = 7
MARK = {"task_id": {"S": "written after the damage"}}
EITHER, REFUSED, HARMLESS = {"refused", "whole"}, {"refused"}, {"whole"}
HOW_LEFT = ["killed early", "checkpointed", "killed", "killed while checkpointing", "stopped"]
CASES = [
    ("checkpointed", DATABASE, EITHER),
    ("killed", DATABASE, EITHER),
    ("killed while checkpointing", DATABASE, EITHER),
    ("stopped", DATABASE, EITHER),
    ("checkpointed", LOG, EITHER),
    ("killed", LOG, EITHER),
    ("killed while checkpointing", LOG, EITHER),
    ("killed", INDEX, HARMLESS),  # SQLite makes it anew from the log
    ("killed", HEAD, EITHER),
    ("stopped", HEAD, EITHER),
]


@dataclass
class Left:
    """Data directories by how their process ended, and what it had acknowledged by then."""

    base: Path
    directories: dict[str, Path] = field(default_factory=dict)
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, how: str, source: Path, held: dict[str, Any]) -> None:
        self.directories[how] = killed_copy(source, self.base / how)
        self.acknowledged[how] = held


@pytest.fixture(scope="module")
def left(tmp_path_factory) -> Left:
    made = Left(tmp_path_factory.mktemp("left"))
    running = made.base / "running"
    with cloud_on(running) as cloud:
        history = History(cloud, SEED)
        history.go_on(150)
        made.take("killed early", running, state())
        checkpoint(running)
        made.take("checkpointed", running, state())
        history.go_on(150)
        history.empty_brief_queue()
        history.go_on(20)
        last = state()
        made.take("killed", running, last)
        made.take("killed while checkpointing", running, last)
    made.take("stopped", running, last)
    checkpoint_half(made.directories["killed while checkpointing"], made.base / "whole")
    return made


def checkpoint_half(killed: Path, whole: Path) -> None:
    """As when only the first half of the log's pages had reached the database."""
    shutil.copytree(killed, whole)
    checkpoint(whole)
    before, after = (killed / DATABASE).read_bytes(), (whole / DATABASE).read_bytes()
    half = len(after) // 2 // PAGE * PAGE
    (killed / DATABASE).write_bytes(after[:half] + before[half:])


def taken_times(held: dict[str, Any]) -> list[float]:
    """Until when each message is hidden: the journal notes it a moment after the engine."""
    messages = [m for name in sorted(held["queues"]) for m in held["queues"][name]["messages"]]
    return [m.pop("visible_at") for m in messages]


@pytest.mark.parametrize("how", HOW_LEFT)
def test_undamaged_files_hold_all_that_was_acknowledged(left, tmp_path, how):
    directory = shutil.copytree(left.directories[how], tmp_path / "copy")
    found, wanted = recovered(directory), copy.deepcopy(left.acknowledged[how])
    assert recovered(directory) == found
    assert taken_times(found) == pytest.approx(taken_times(wanted), abs=1)
    assert found == wanted
    assert sum(len(queue["messages"]) for queue in found["queues"].values()) > 20
    assert len(found["tables"][TASKS]) > 20


@pytest.mark.parametrize(("how", "file", "expected"), CASES)
def test_damage_anywhere_is_refused_or_harmless(left, tmp_path, how, file, expected):
    source, said = left.directories[how], {}
    wanted = recovered(shutil.copytree(source, tmp_path / "undamaged"))
    for damage in damages(file, (source / file).stat().st_size, seed=SEED):
        directory = shutil.copytree(source, tmp_path / "damaged")
        damage.apply(directory)
        said[damage] = outcome(directory, wanted)
        shutil.rmtree(directory)
    wrong = [f"{how}, {damage}: {what}" for damage, what in said.items() if what not in EITHER]
    assert not wrong, "\n".join(wrong)
    assert set(said.values()) == expected


def outcome(directory: Path, wanted: dict[str, Any]) -> str:
    """What a start makes of a damaged directory; whatever is not in EITHER is wrong."""
    before = files_of(directory)
    try:
        with cloud_on(directory) as cloud:
            found = state()
            cloud.request("dynamodb", "PutItem", TableName=TASKS, Item=MARK)
            after = state()
        again = recovered(directory)
    except CannotStart as refusal:
        if "\n" in str(refusal) or str(directory / "ains.") not in str(refusal):
            return f"no clear line: {str(refusal)!r}"
        return "refused" if files_of(directory) == before else f"changed the files, then refused: {refusal}"
    except Exception as error:
        return f"failed with {error!r}"
    if found != wanted:
        return "started with another state and did not say so"
    return "whole" if again == after else "lost what was written afterwards"


def files_of(directory: Path) -> dict[str, bytes]:
    """What a refused start must leave as it was: a copy of one file may still complete the others. An empty
    log is none; SQLite makes one to look into a database."""
    found = {
        name: (directory / name).read_bytes() for name in (DATABASE, LOG, HEAD) if (directory / name).exists()
    }
    return {name: content for name, content in found.items() if content}
