"""What is published to be read, and what can be tried of it."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), ROOT / "agent_client" / "README.md", *(ROOT / "docs").rglob("*.md")],
    key=lambda page: (len(page.relative_to(ROOT).parts), page),
)
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    """Its path in the checkout."""
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """The text without its blocks."""
    return _FENCE.sub("", page.read_text())


def blocks(page: Path, *languages: str) -> list[str]:
    """The fenced blocks in one of these languages; "" is a fence that names none."""
    return [text for language, text in _FENCE.findall(page.read_text()) if language in languages]


def commands(block: str, program: str) -> Iterator[list[str]]:
    """The words of each command of a shell block that calls this program."""
    pending = ""
    for line in block.splitlines(keepends=True):
        pending += line
        if not pending.startswith(f"{program} "):
            pending = ""
        elif pending.endswith("\\\n"):
            pending = pending[:-2]
        elif words := _words(pending):
            yield words
            pending = ""


def _words(command: str) -> list[str]:
    """None while a quotation goes on in the next line."""
    try:
        return shlex.split(command, comments=True)
    except ValueError:
        return []
