"""The data classes of this package are the standard library's, but for when their methods are made."""

import copy
import dataclasses
import pickle
import threading
from dataclasses import FrozenInstanceError, asdict, field, fields, is_dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

import pytest
from pydantic import TypeAdapter

from chalicelib.values import dataclass

T = TypeVar("T")


@dataclass(frozen=True)
class Point:
    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list)
    unit: ClassVar[str] = "m"

    @cached_property
    def far(self) -> int:
        return self.x + self.y


@dataclass(frozen=True, kw_only=True)
class Named(Point):
    name: str


@dataclass
class Counter(Generic[T]):
    n: int = 0


@dataclass(frozen=True, eq=False, repr=False)
class Bare:
    n: int


WAYS: list[dict[str, Any]] = [
    {},
    {"frozen": True},
    {"frozen": True, "kw_only": True},
    {"frozen": True, "eq": False, "repr": False},
    {"kw_only": True, "eq": False, "repr": False},
]


def twins(**options: Any) -> list[type[Any]]:
    """The same class by this decorator and by the standard library's."""

    def undecorated() -> type[Any]:
        class Both:
            a: int
            b: str = "b"
            c: list[int] = field(default_factory=list)

        return Both

    return [decorator(**options)(undecorated()) for decorator in (dataclass, dataclasses.dataclass)]


@pytest.mark.parametrize("options", WAYS)
@pytest.mark.parametrize("values", [{"a": 1}, {"a": 1, "b": "x", "c": [2]}, {}, {"a": 1, "d": 1}])
def test_it_is_made_and_refused_as_by_the_standard_library(
    options: dict[str, Any], values: dict[str, Any]
) -> None:
    told = []
    for kind in twins(**options):
        try:
            told.append(str(vars(kind(**values))))
        except TypeError as error:
            told.append(str(error))
    assert told[0] == told[1]


@pytest.mark.parametrize("options", WAYS)
def test_it_compares_hashes_and_shows_itself_alike(options: dict[str, Any]) -> None:
    told = []
    for kind in twins(**options):
        one, same, other = kind(a=1), kind(a=1), kind(a=2)
        hashed = kind.__hash__ is not None and kind.__hash__ is not object.__hash__
        shown = repr(one) if options.get("repr", True) else ""
        told.append((one == same, one == other, one == 1, hashed, shown))
    assert told[0] == told[1]


def test_equal_ones_hash_alike() -> None:
    tagged = [Point(1, tags=()), Point(1, tags=())]  # type: ignore[arg-type]
    assert len({hash(point) for point in tagged}) == 1
    assert Point(1) != Named(x=1, name="n")


@pytest.mark.parametrize("names", [(), ("a",), ("a", "b")])
def test_however_few_fields_it_has_they_are_compared_and_hashed_as_by_the_standard_library(
    names: tuple[str, ...],
) -> None:
    nan = float("nan")  # is not equal to itself, and the same object all the same
    told = []
    for decorator in (dataclass, dataclasses.dataclass):
        kind = decorator(frozen=True)(type("Few", (), {"__annotations__": dict.fromkeys(names, float)}))
        one, same, other = (kind(*(value,) * len(names)) for value in (nan, nan, 1.0))
        told.append((one == same, one == other, hash(one), hash(other)))
    assert told[0] == told[1]


def test_a_frozen_one_stays_as_it_is() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError, match=r"Point.x is fixed"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del point.x  # type: ignore[misc]
    assert replace(point, x=3) == Point(3)
    assert (point.far, point == Point(1)) == (3, True)  # what is cached is no field


def test_one_that_is_not_frozen_changes() -> None:
    counter = Counter[int]()
    counter.n += 1
    assert counter == Counter(1)


def test_it_inherits() -> None:
    named = Named(x=1, name="n")
    assert (named.x, named.y, named.name, repr(named)) == (
        1,
        2,
        "n",
        "Named(x=1, y=2, tags=[], name='n')",
    )

    class Plain(Point):
        """Not decorated itself."""

    assert Plain(5).far == 7


def test_the_library_knows_it() -> None:
    assert is_dataclass(Point)
    assert [each.name for each in fields(Point)] == ["x", "y", "tags"]
    assert asdict(Point(1)) == {"x": 1, "y": 2, "tags": []}
    for copied in (copy.deepcopy(Point(1)), copy.copy(Point(1)), pickle.loads(pickle.dumps(Point(1)))):
        assert copied == Point(1)
    assert TypeAdapter(Point).validate_python({"x": 1}) == Point(1)
    assert Point(1).tags is not Point(1).tags


def test_a_method_of_its_own_is_kept() -> None:
    @dataclass
    class Own:
        n: int

        def __repr__(self) -> str:
            return "own"

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    assert repr(Own(1)) == "own"
    assert Own(1) == Own(2)


def test_its_constructor_is_made_once_whoever_comes_first() -> None:
    stub = Bare.__init__
    threads = [threading.Thread(target=Bare, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = Bare.__init__
    assert made is not stub
    assert (Bare(1).n, Bare.__init__ is made) == (1, True)
    assert Bare(1) != Bare(1)
