"""Every link of the documents leads somewhere."""

import re
from functools import cache
from pathlib import Path

import pytest

from .pages import PAGES, ROOT, name, prose

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@cache
def anchors(page: Path) -> set[str]:
    """As GitHub makes them: lower case, hyphens for spaces, no other punctuation."""
    headings = (re.sub(r"\]\([^)]*\)", "", found) for found in _HEADING.findall(prose(page)))
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(prose(page)):
        target, _, anchor = link.partition("#")
        if re.match(r"https?:", link):
            continue
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), f"{link} leads nowhere"
        assert there.is_relative_to(ROOT), f"{link} leads out of the checkout"
        assert not anchor or anchor in anchors(there), f"{link}: that page has {sorted(anchors(there))}"


def test_every_page_can_be_reached_from_the_first() -> None:
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = [link.partition("#")[0] for link in _LINK.findall(page.read_text()) if ":" not in link]
        for there in ((page.parent / target).resolve() for target in targets if target):
            ahead += (
                sorted(there.glob("*.md")) if there.is_dir() else [there] if there.suffix == ".md" else []
            )
    assert set(PAGES) - reached == set()
