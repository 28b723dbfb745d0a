"""Data classes whose methods are made when they are first used.

The standard library compiles the methods of each at once: for the two hundred of this package that was a
fifth of a cold start, most of it for classes that the start never meets. To type checkers, `fields`,
`replace`, `asdict` and pydantic these are the standard ones. docs/adr/0009-data-classes-made-late.md
"""

import dataclasses
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

T = TypeVar("T")

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - so that mypy lets others import it
else:

    def dataclass(cls=None, /, *, frozen=False, kw_only=False, eq=True, repr=True):  # noqa: A002 - as there
        """`dataclasses.dataclass`, as far as this package needs it: no `__post_init__`, slots or order."""

        def made(cls):
            return _made(cls, frozen=frozen, kw_only=kw_only, eq=eq, is_shown=repr)

        return made if cls is None else made(cls)


def _made(cls: type[T], *, frozen: bool, kw_only: bool, eq: bool, is_shown: bool) -> type[T]:
    methods: dict[str, Any] = {"__init__": _init_later(cls, frozen)}
    if frozen:
        methods |= {"__setattr__": _refuse, "__delattr__": _refuse}
    if is_shown:
        methods["__repr__"] = _shown
    if eq:
        methods |= {"__eq__": _is_equal, "__hash__": _hash if frozen else None}
    for name in methods.keys() - vars(cls).keys():
        setattr(cls, name, methods[name])
    return dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(cls)


def _init_later(cls: type, is_frozen: bool) -> Callable[..., None]:
    def __init__(self: object, *values: object, **named: object) -> None:  # noqa: N807 - what it stands for
        made = _init(cls, is_frozen)
        setattr(cls, "__init__", made)  # noqa: B010 - mypy takes no assignment to it
        made(self, *values, **named)

    return __init__


def _init(cls: Any, is_frozen: bool) -> Callable[..., None]:
    """The standard library's, of a class with the same fields."""
    fields = [(field.name, field.type, _again(field)) for field in dataclasses.fields(cls)]
    twin = dataclasses.make_dataclass(cls.__name__, fields, frozen=is_frozen, eq=False, repr=False)
    made: Callable[..., None] = vars(twin)["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"  # what a wrong call is told
    return made


def _again(field: "dataclasses.Field[Any]") -> Any:
    default: dict[str, Any] = {"default": field.default}
    if field.default is dataclasses.MISSING:
        default = {"default_factory": field.default_factory}
    return dataclasses.field(**default, kw_only=field.kw_only)


@cache
def _values(cls: type[Any]) -> Callable[[object], tuple[object, ...]]:
    """What an object's fields hold, in their order."""
    names = [field.name for field in dataclasses.fields(cls)]
    if len(names) < 2:  # where attrgetter gives no tuple
        return lambda of: tuple(getattr(of, name) for name in names)
    return attrgetter(*names)


def _is_equal(self: Any, other: Any) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    values = _values(self.__class__)
    return values(self) == values(other)


def _hash(self: Any) -> int:
    return hash(_values(self.__class__)(self))


def _shown(self: Any) -> str:
    names = (field.name for field in dataclasses.fields(self))
    pairs = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
    return f"{type(self).__qualname__}({pairs})"


def _refuse(self: object, name: str, *_value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"{type(self).__name__}.{name} is fixed; use dataclasses.replace")
