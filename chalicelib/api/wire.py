"""What a success body is declared with: its fields, for presenting and for the OpenAPI document alike."""

from typing import TypeVar, dataclass_transform

from chalicelib.values import dataclass

T = TypeVar("T")


@dataclass_transform(kw_only_default=True)
def wire(cls: type[T]) -> type[T]:
    """A plain record: only its constructor is generated, since every cold start pays for what is."""
    return dataclass(kw_only=True, eq=False, repr=False)(cls)
