"""One field of a cron expression: a list of items, and the choice of values they make."""

from chalicelib.values import dataclass

from .cron_term import DAY, HOUR, MINUTE, MONTH, SECOND, WEEKDAY, Field, Term, read_term

FIELDS = (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY)


@dataclass(frozen=True)
class Choice:
    """A whole field: its canonical text and what it names."""

    text: str
    values: frozenset[int]
    signs: tuple[str, ...]
    is_every: bool  # all the values the field has, however written

    @property
    def starred(self) -> bool:
        """Written with a star: every one, or every n-th."""
        return self.text.startswith("*")


def read(field: Field, text: str) -> Choice:
    """The choice a field's text (upper case) makes; raises Invalid with what was probably meant."""
    terms = {term.text: term for term in (read_term(field, word) for word in text.split(","))}.values()
    values = frozenset[int]().union(*(term.values for term in terms))
    ordered = sorted(terms, key=_by_first_value)
    every = values == field.all_values
    canonical = "*" if "*" in {term.text for term in terms} else ",".join(term.text for term in ordered)
    return Choice(canonical, values, tuple(term.sign for term in ordered if term.sign), every)


def _by_first_value(term: Term) -> tuple[int, bool, str]:
    """Stars first: whether a field is written with one shows in its first character."""
    return (min(term.values, default=99), not term.text.startswith("*"), term.text)
