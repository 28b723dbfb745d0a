"""Documents, and the mark of the last tick."""

from tests.contract.implementations import Stores
from tests.contract.values import NOW


def test_documents_are_found_by_owner_and_kind(stores: Stores) -> None:
    keys = [("task-1", f"input#{n}") for n in range(105)] + [("task-2", "input#0")]
    for n, key in enumerate(keys):
        stores.payloads.put(*key, f"text {n}")
    asked = [*keys, ("task-1", "none"), keys[0]]
    assert stores.payloads.get_many(asked) == {key: f"text {n}" for n, key in enumerate(keys)}


def test_the_same_document_twice_is_one(stores: Stores) -> None:
    for _ in range(2):
        stores.payloads.put("task-1", "input#1", "text", ttl=NOW // 1000)
    assert stores.payloads.of_owner("task-1", prefix="input#") == ["text"]


def test_the_first_of_two_added_documents_stays_and_the_second_sees_it(stores: Stores) -> None:
    assert stores.payloads.add("redrive-1", "plan", "first", ttl=NOW // 1000) is None
    assert stores.payloads.add("redrive-1", "plan", "second") == "first"
    assert stores.payloads.get_many([("redrive-1", "plan")]) == {("redrive-1", "plan"): "first"}
    assert stores.payloads.add("redrive-1", "another", "second") is None
    assert stores.payloads.add("redrive-2", "plan", "second") is None


def test_the_documents_of_one_owner_come_in_order_of_kind(stores: Stores) -> None:
    for kind in ("attempt#000010", "attempt#000002", "input#1", "attempts"):
        stores.payloads.put("task-1", kind, kind)
    stores.payloads.put("task-2", "attempt#000001", "another's")
    assert stores.payloads.of_owner("task-1", prefix="attempt#") == ["attempt#000002", "attempt#000010"]
    assert stores.payloads.of_owner("task-none", prefix="attempt#") == []


def test_documents_of_an_owner_are_read_whole_however_large(stores: Stores) -> None:
    for n in range(6):
        stores.payloads.put("task-1", f"attempt#{n}", str(n) * 250_000)
    assert [text[0] for text in stores.payloads.of_owner("task-1", prefix="attempt#")] == list("012345")
    keys = [("task-1", f"attempt#{n}") for n in range(6)]
    assert sum(map(len, stores.payloads.get_many(keys).values())) == 1_500_000


def test_documents_are_deleted_one_by_one_however_many(stores: Stores) -> None:
    keys = [("task-1", f"attempt#{n:06d}") for n in range(60)]
    for key in [*keys, ("task-2", "attempt#000001")]:
        stores.payloads.put(*key, "text")
    stores.payloads.delete_many([*keys[1:], keys[1], ("task-1", "none")])
    assert stores.payloads.get_many([*keys, ("task-2", "attempt#000001")]).keys() == {
        keys[0],
        ("task-2", "attempt#000001"),
    }


def test_a_tick_learns_when_the_last_one_ran(stores: Stores) -> None:
    assert stores.ticks.mark(NOW) is None
    assert stores.ticks.last() == NOW
    assert stores.ticks.mark(NOW + 60_000) == NOW
    assert stores.ticks.last() == NOW + 60_000
