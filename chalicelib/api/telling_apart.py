"""What a caller may say in the query string or in the body."""

from typing import TypeVar

from chalicelib.domain.errors import Invalid

T = TypeVar("T")


def agreed(name: str, in_query: T | None, in_body: T | None) -> T | None:
    """The one value; raises Invalid when both are given and differ."""
    if in_query is not None and in_body is not None and in_query != in_body:
        raise Invalid.at(f"/{name}", f"differs from the query parameter {name}; send one of them")
    return in_query if in_body is None else in_body
