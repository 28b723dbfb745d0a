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
    ("", r"H(\(.*|/.*|)", "'H' (a value spread by hash) is not supported; write a number"),
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
    ("day-of-week", "L", "the last Friday of a month is 'L5'; its last day is 'L' in the third field"),
    ("day-of-week", r".*-.*#.*", "'{0}' is not supported; write each on its own, such as 'MON#2,TUE#2'"),
    ("", r".*#.*", "'{0}': the third Friday is written '5#3' or 'FRI#3', in the fifth field (day-of-week)"),
    ("", r"[0-9]*W[0-9]*", "'{0}': the weekday nearest to a day is written '15W', in the third field"),
    (
        "",
        r"L[0-9]*",
        "'{0}': 'L' is the last day of the month in the third field, 'L5' its last Friday in the fifth",
    ),
    (
        "minute hour day-of-month day-of-week",
        rf"({_MONTHS})",
        "'{0}' is a month; months are the fourth field",
    ),
    (
        "minute hour day-of-month month",
        rf"({_WEEKDAYS})",
        "'{0}' is a day of the week; those are the fifth field",
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


def miscounted(words: list[str]) -> str:
    """What is wrong with a text that has not five fields."""
    first = words[0].lower() if words else ""
    if re.match(r"(cron|rate|at)\(", first):
        return f"'{first.partition('(')[0]}(...)' is AWS' notation; {_translated(' '.join(words))}"
    if first.startswith("@"):
        return _alias(first, words)
    if len(words) == 6:
        return (
            f"has six fields, and implementations disagree whether the seconds come first or last; a "
            f"schedule fires at most once a minute: leave the seconds out{_without(words)}"
        )
    counted = "is empty" if not words else f"has {len(words)} field{'s' if len(words) > 1 else ''}"
    return (
        f"{counted}; it takes five: minute hour day-of-month month day-of-week, such as '*/5 * * * *' (every "
        f"five minutes) or '0 9 * * MON-FRI' (weekdays at nine)"
    )


def _without(words: list[str]) -> str:
    """The two readings of six fields; a year at the end is the third."""
    plain = [word.replace("?", "*") for word in words]
    if re.fullmatch(r"(19|20)[0-9]{2}.*", plain[-1]) or "?" in words:
        return f"; if the last is a year, leave it out: '{' '.join(plain[:5])}'"
    return f": '{' '.join(plain[1:])}' if they are the first, '{' '.join(plain[:5])}' if they are the last"


def _translated(text: str) -> str:
    if match := re.fullmatch(r"rate\(([0-9]+) (minute|hour|day)s?\)", text, re.IGNORECASE):
        each, size = _RATES[match[2].lower()]
        if 0 < int(match[1]) < size:
            return f"write '{each.format(match[1])}'"
    if match := re.fullmatch(r"cron\((.*)\)", text, re.IGNORECASE):
        five = match[1].replace("?", "*").split()[:5]
        counted = " (here Sunday is 0, there it is 1)" if re.search("[0-9]", five[-1] if five else "") else ""
        return f"write '{' '.join(five)}'{counted}"
    return "write five fields, such as '0 9 * * MON-FRI'; for a single run set run_at"


_RATES = {"minute": ("*/{0} * * * *", 60), "hour": ("0 */{0} * * *", 24), "day": ("0 0 */{0} * *", 31)}


def _alias(first: str, words: list[str]) -> str:
    if first == "@every":
        return "'@every' is not supported; every five minutes is '*/5 * * * *'"
    if first == "@reboot":
        return "'@reboot' is not supported: nothing boots here; for a single run set run_at"
    near = difflib.get_close_matches(first, ALIASES, n=1)
    meant = f"; did you mean '{near[0]}'?" if near and near[0] != first else ""
    extra = " (which stands alone)" if first in ALIASES and len(words) > 1 else ""
    return f"'{first[:20]}'{extra} cannot be read; known are {', '.join(ALIASES)}{meant}"
