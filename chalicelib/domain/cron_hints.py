"""What somebody who wrote this cron expression probably meant."""

import difflib
import re

from .errors import Invalid

ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_WEEKDAYS = "SUN|MON|TUE|WED|THU|FRI|SAT"

# (fields it applies to, the word, what to say); the first match speaks. {0} is the word, {1} its first group.
_WORDS: tuple[tuple[str, str, str], ...] = (
    ("", "", "an item of the list is empty; there is a comma too many, or nothing beside it"),
    ("", r".*\?.*", "'?' is how AWS and Quartz write 'any'; write '*'"),
    (
        "",
        r"R(\(.*|/.*|)",
        "'R' is random at every reading, so that nobody could say when it runs; write a number",
    ),
    ("", r"-[0-9].*", "'{0}' is negative; for a range write both ends, such as '1-5'"),
    ("", r"[0-9]+\.[0-9]+", "'{0}' is not a whole number"),
    ("", r"[^*]*\*[^/].*|[^*]+\*.*|\*/", "'{0}' is not a step; every fifth is written '*/5'"),
    (
        "day-of-month",
        r"LW|WL",
        "'{0}' (the last working day) is not supported; 'L' is the last day of the month",
    ),
    ("day-of-month", r"L-[0-9]+", "'{0}' (days before the last) is not supported; 'L' is the last day"),
    ("day-of-week", r"([0-6])L", "the last such weekday of the month is written 'L{1}', not '{0}'"),
    ("day-of-week", rf"({_WEEKDAYS})L", "the last such weekday of the month is written 'L{1}', not '{0}'"),
    ("day-of-week", "L", "the last Friday of a month is 'L5'; its last day is 'L' in day-of-month"),
    ("day-of-week", r".*-.*#.*", "'{0}' is not supported; write each on its own, such as 'MON#2,TUE#2'"),
    ("", r".*#.*", "'{0}': the third Friday is written '5#3' or 'FRI#3', in day-of-week"),
    ("", r"[0-9]*W[0-9]*", "'{0}': the weekday nearest to a day is written '15W', in day-of-month"),
    (
        "",
        r"L[0-9]*",
        "'{0}': in day-of-month 'L' is the last day of the month, in day-of-week 'L5' is its last Friday",
    ),
    (
        "second minute hour day-of-month day-of-week",
        rf"({_MONTHS})",
        "'{0}' is a month; those are named in the month field",
    ),
    (
        "second minute hour day-of-month month",
        rf"({_WEEKDAYS})",
        "'{0}' is a day of the week; those are named in day-of-week",
    ),
    ("month", rf"({_MONTHS})[A-Z]+", "'{0}' is not known; months are written with three letters, '{1}'"),
    (
        "day-of-week",
        rf"({_WEEKDAYS})[A-Z]+",
        "'{0}' is not known; weekdays are written with three letters, '{1}'",
    ),
)
_OTHERWISE = (
    "'{0}' cannot be read; a field holds '*', values, ranges '1-5', steps '*/5' and lists of them '1,3'"
)


def refused(message: str) -> Invalid:
    """The expression is wrong, and why."""
    return Invalid.at("/cron_expression", message)


def probably(field: str, word: str) -> str:
    """What is wrong with a word that the field cannot hold, and what would be right."""
    for fields, pattern, said in _WORDS:
        if (not fields or field in fields.split()) and (match := re.fullmatch(pattern, word)):
            return said.format(word[:40], *match.groups())
    return _OTHERWISE.format(word[:40])


def miscounted(words: list[str], *, in_seconds: bool = False) -> str:
    """What is wrong with a text that has not the five fields, or six where seconds were asked for."""
    first = words[0].lower() if words else ""
    if re.match(r"(cron|rate|at)\(", first):
        return f"'{first.partition('(')[0]}(' is AWS' notation, which ends with ')'; nothing may follow it"
    if first.startswith("@"):
        return _alias(first, words)
    if len(words) == 5:
        return (
            "has five fields, but cron_format 'seconds' takes six, the second first: write "
            f"'0 {' '.join(words)}', or send cron_format 'standard'"
        )
    if len(words) == 6:
        return f"has six fields, and implementations disagree about what the sixth is; {_sixth(words)}"
    counted = "is empty" if not words else f"has {len(words)} field{'s' if len(words) > 1 else ''}"
    if in_seconds:
        return (
            f"{counted}; with cron_format 'seconds' it takes six: second minute hour day-of-month month "
            "day-of-week, such as '*/10 * * * * *' (every ten seconds)"
        )
    return (
        f"{counted}; it takes five: minute hour day-of-month month day-of-week, such as '*/5 * * * *' (every "
        f"five minutes) or '0 9 * * MON-FRI' (weekdays at nine)"
    )


def _sixth(words: list[str]) -> str:
    """The readings of six fields: seconds first, seconds last, or a year at the end."""
    plain = [word.replace("?", "*") for word in words]
    if re.fullmatch(r"(19|20)[0-9]{2}.*", plain[-1]) or "?" in words:
        return f"if it is a year as AWS has it, write 'cron({' '.join(words)})', else '{' '.join(plain[:5])}'"
    first, last = " ".join(plain[1:]), " ".join(plain[:5])
    return (
        f"if the seconds come first, send cron_format 'seconds' too, or leave them out: '{first}'; if they "
        f"come last, leave them out: '{last}'"
    )


def _alias(first: str, words: list[str]) -> str:
    if first == "@every":
        return "'@every' is not supported; every five minutes is '*/5 * * * *'"
    if first == "@reboot":
        return "'@reboot' is not supported: nothing boots here; for a single run set run_at"
    near = difflib.get_close_matches(first, ALIASES, n=1)
    meant = f"; did you mean '{near[0]}'?" if near and near[0] != first else ""
    extra = " (which stands alone)" if first in ALIASES and len(words) > 1 else ""
    return f"'{first[:20]}'{extra} cannot be read; known are {', '.join(ALIASES)}{meant}"
