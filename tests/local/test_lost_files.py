"""Files that are gone, older than the rest or of an older version: never a silent step back."""

import shutil

import pytest

from infra.local import head_file
from infra.local.problems import CannotStart
from tests.local.history import (
    DATABASE,
    HEAD,
    INDEX,
    LOG,
    TASKS,
    checkpoint,
    cloud_on,
    killed_copy,
    put,
    tasks,
)


def refusal(directory):
    with pytest.raises(CannotStart) as refused:
        cloud_on(directory).start()
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.fixture
def killed(tmp_path):
    """Killed after three tasks, of which the first alone is in the database and the others in the log."""
    running = tmp_path / "running"
    with cloud_on(running) as cloud:
        put(cloud, "a")
        checkpoint(running)
        put(cloud, "b", "c")
        return killed_copy(running, tmp_path / "killed")


@pytest.mark.parametrize("names", [[DATABASE], [DATABASE, LOG], [DATABASE, LOG, INDEX]])
def test_a_database_that_is_gone_is_not_a_new_one(killed, names):
    for name in names:
        (killed / name).unlink()
    assert f"{killed / DATABASE} is missing, and this directory is not new" in refusal(killed)
    assert not (killed / DATABASE).exists()


def test_a_database_that_is_gone_beside_its_log_alone_is_not_a_new_one(killed):
    for name in (DATABASE, HEAD):
        (killed / name).unlink()
    assert "is missing" in refusal(killed)


def test_an_empty_database_is_not_a_new_one(killed):
    (killed / DATABASE).write_bytes(b"")
    assert f"{killed / DATABASE} is cut to 0 bytes" in refusal(killed)


def test_a_log_that_is_gone_is_counted_in_calls(killed):
    (killed / LOG).unlink()
    line = refusal(killed)
    assert f"{killed / DATABASE} lacks the last 2 acknowledged calls" in line
    assert "ains.sqlite-wal was cut, damaged or removed" in line
    assert "--accept-loss" in line


def test_an_older_copy_of_the_database_is_not_taken_for_the_last(killed, tmp_path):
    older = shutil.copytree(killed, tmp_path / "older")
    with cloud_on(killed) as cloud:
        put(cloud, "d", "e")
    shutil.copy(older / DATABASE, killed / DATABASE)
    assert "lacks the last 4 acknowledged calls" in refusal(killed)


def test_a_page_of_an_older_copy_shows(killed, tmp_path):
    """The rows on it are whole and the pages fit together: only the sum of the seals tells."""
    with cloud_on(killed) as cloud:
        put(cloud, *(f"{n}" for n in range(200)))
    older = shutil.copytree(killed, tmp_path / "older")
    with cloud_on(killed) as cloud:
        item = {"task_id": {"S": "a"}, "n": {"N": "1"}}
        cloud.request("dynamodb", "PutItem", TableName=TASKS, Item=item)
        item["n"]["N"] = "2"
        put(cloud, "z")
    before, after = ((of / DATABASE).read_bytes() for of in (older, killed))
    assert len(before) == len(after)
    pages = [at for at in range(4096, len(after), 4096) if before[at : at + 4096] != after[at : at + 4096]]
    lines = []
    for at in pages:
        (killed / DATABASE).write_bytes(after[:at] + before[at : at + 4096] + after[at + 4096 :])
        lines.append(refusal(killed))
    assert any("its rows are not those that its last call left" in line for line in lines)


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_without_the_head_nobody_knows_what_is_missing(killed, damage):
    (killed / HEAD).unlink() if damage == "missing" else (killed / HEAD).write_bytes(b"no head")
    assert f"{killed / HEAD} is {damage}" in refusal(killed)
    assert tasks(killed, accept_loss=True) == {"a", "b", "c"}
    assert tasks(killed) == {"a", "b", "c"}


def test_a_head_of_an_older_copy_shows(killed):
    older = (killed / HEAD).read_bytes()
    with cloud_on(killed) as cloud:
        put(cloud, "d", "e")
    (killed / HEAD).write_bytes(older)
    assert f"{killed / HEAD} is 2 calls older than {killed / DATABASE}" in refusal(killed)


def test_a_kill_between_the_database_and_the_head_is_a_clean_recovery(killed, caplog):
    head_file.HeadFile(killed / HEAD, head_file.read(killed / HEAD).most - 1).close()
    assert tasks(killed) == {"a", "b", "c"}
    assert caplog.text == ""
    assert tasks(killed) == {"a", "b", "c"}


def test_a_torn_slot_of_the_head_is_told_and_written_anew(killed, caplog):
    """The newer slot: the other one says that the call before the last was acknowledged."""
    last = head_file.read(killed / HEAD).most
    content = bytearray((killed / HEAD).read_bytes())
    content[head_file.SLOTS[last % 2] + 10] ^= 1
    (killed / HEAD).write_bytes(content)
    assert tasks(killed) == {"a", "b", "c"}
    assert f"{killed / HEAD} was damaged, but nothing is missing" in caplog.text
    assert head_file.read(killed / HEAD).is_whole


def test_a_torn_slot_of_the_head_is_not_taken_for_an_older_call(tmp_path):
    """As power loss may leave it: the slot of the last call torn, that call not in the database."""
    running, killed = tmp_path / "running", tmp_path / "killed"
    with cloud_on(running) as cloud:
        put(cloud, "a", "b")
        killed_copy(running, killed)
        put(cloud, "c")
        content = bytearray((running / HEAD).read_bytes())
    content[head_file.SLOTS[head_file.read(running / HEAD).most % 2]] ^= 1
    (killed / HEAD).write_bytes(content)
    assert f"{killed / DATABASE} may lack the last acknowledged call " in refusal(killed)
    assert tasks(killed, accept_loss=True) == {"a", "b"}


def test_accepted_loss_is_an_earlier_state_told_once(killed, caplog):
    (killed / LOG).unlink()
    assert tasks(killed, accept_loss=True) == {"a"}
    assert "lacks the last 2 acknowledged calls" in caplog.text
    caplog.clear()
    with cloud_on(killed) as cloud:
        put(cloud, "d")
    assert tasks(killed) == {"a", "d"}
    assert caplog.text == ""


def test_damage_is_never_accepted(killed):
    cloud_on(killed).start().stop()
    whole = (killed / DATABASE).read_bytes()
    assert whole.count(b'{"S": "b"}') == 1
    (killed / DATABASE).write_bytes(whole.replace(b'{"S": "b"}', b'{"S": "B"}'))
    with pytest.raises(CannotStart, match="rows of items that are not as they were written: 1"):
        cloud_on(killed, accept_loss=True).start()


def test_a_changed_index_shows(killed):
    """It is derived from the rows, but what is deleted later is found through it."""
    with cloud_on(killed) as cloud:
        put(cloud, "needle")
    whole = (killed / DATABASE).read_bytes()
    places = [at for at in range(len(whole)) if whole.startswith(b"needle", at)]
    assert len(places) == 3  # the key of the row, the item, the index
    for at in places:
        (killed / DATABASE).write_bytes(whole[:at] + b"noodle" + whole[at + 6 :])
        assert f"{killed / DATABASE} is damaged" in refusal(killed)


@pytest.mark.parametrize("head", [True, False])
def test_a_first_start_killed_before_it_made_the_database_is_a_first_start(tmp_path, head):
    if head:
        head_file.HeadFile(tmp_path / HEAD, 0).close()
    (tmp_path / f"{DATABASE}.part").write_bytes(b"half of a database")
    (tmp_path / f"{DATABASE}.part-wal").write_bytes(b"and its log")
    with cloud_on(tmp_path) as cloud:
        put(cloud, "a")
    assert tasks(tmp_path) == {"a"}
