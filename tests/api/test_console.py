"""The console's page: served to anybody, whole in one answer, and able to run nothing but its own script."""

import hashlib
import re
from base64 import b64encode
from pathlib import Path

import pytest

from chalicelib.api.caller import Auth
from chalicelib.api.console import PARTS, SCRIPTS
from chalicelib.api.create_app import create_app
from tests.fakes import World
from tests.gateway import Answer, Api


@pytest.fixture
def page(here: World) -> Answer:
    """As somebody without a key gets it from a service that wants one."""
    locked = create_app(lambda: here.use_cases, auth=Auth(admin_key_sha256="0" * 64), version="1")
    return Api(locked).get("/console")


def blocks(page: Answer, tag: str) -> list[str]:
    return re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", page.text, re.DOTALL)


def policy(page: Answer) -> dict[str, str]:
    rules = page.headers["Content-Security-Policy"].split("; ")
    return {name: value for name, _, value in (rule.partition(" ") for rule in rules)}


def test_it_is_served_to_anybody_as_html(page: Answer) -> None:
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.text.startswith("<!doctype html>")


@pytest.mark.parametrize(("tag", "rule"), [("script", "script-src"), ("style", "style-src")])
def test_the_policy_admits_exactly_the_one_block_there_is(page: Answer, tag: str, rule: str) -> None:
    (block,) = blocks(page, tag)
    assert policy(page)[rule] == f"'sha256-{b64encode(hashlib.sha256(block.encode()).digest()).decode()}'"


def test_everything_else_is_forbidden(page: Answer) -> None:
    rules = policy(page)
    assert rules["connect-src"] == "'self'"
    assert {rules[name] for name in ("default-src", "base-uri", "form-action", "frame-ancestors")} == {
        "'none'"
    }
    assert (rules["require-trusted-types-for"], rules["trusted-types"]) == ("'script'", "'none'")


def test_it_is_not_kept_guessed_at_or_named_to_others(page: Answer) -> None:
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_it_is_small(page: Answer) -> None:
    assert len(page.text.encode()) < 80_000


def test_no_part_is_left_out() -> None:
    assert {path.name for path in Path(PARTS).iterdir()} == {
        "page.html",
        "style.css",
        *(f"{name}.js" for name in SCRIPTS),
    }


def test_text_has_no_way_to_become_markup_or_code(page: Answer) -> None:
    ways = (
        "innerHTML|outerHTML|insertAdjacentHTML|document.write|eval|Function\\(|DOMParser|srcdoc|javascript:"
    )
    assert not re.findall(ways, page.text)
    assert not re.findall(r"<[^>]+\s(on\w+|style)=", page.text)


def test_it_loads_nothing_from_elsewhere(page: Answer) -> None:
    namespace = "http://www.w3.org/2000/svg"  # a name, never fetched
    assert not re.findall(r"https?://|//\w+\.\w+/|@import|url\(", page.text.replace(namespace, ""))
    assert not re.findall(r"<(?:script|img|iframe|object|embed)\b[^>]*\bsrc", page.text)
    assert re.findall(r"<link\b[^>]*>", page.text) == ['<link rel="icon" href="data:,">']
