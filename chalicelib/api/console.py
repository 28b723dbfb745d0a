"""The operators' console: one page that holds no data, and asks this API for it with its reader's key."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from chalicelib.values import dataclass

from .fields import NoBody, NoQuery
from .operation import Call, Reply, Routes

routes = Routes("operations")
HTML = "text/html; charset=utf-8"
PARTS = Path(__file__).with_name("console_page")
SCRIPTS = (  # in the order in which they need each other; main starts
    "dom",
    "api",
    "words",
    "parts",
    "overview",
    "tasks",
    "task",
    "schedules",
    "agents",
    "dead_letters",
    "actions",
    "main",
)


@dataclass(frozen=True)
class Page:
    """The whole page, and the headers without which it is not to be shown."""

    html: str
    headers: Mapping[str, str]


@routes.route("GET", "/console", str, is_open=True, media=HTML)
def console(_call: Call[NoQuery, NoBody]) -> Reply[str]:
    """Show the operators' console, a page for browsers; what it asks of this API needs a key."""
    shown = page()
    return Reply(shown.html, headers=shown.headers)


@cache
def page() -> Page:
    """Put together when first asked for: a cold start for other calls reads none of it."""
    style = _part("style.css")
    script = "".join(_part(f"{name}.js") for name in SCRIPTS)
    html = _part("page.html").replace("{style}", style).replace("{script}", script)
    return Page(html, {"Content-Security-Policy": _policy(style, script), "Referrer-Policy": "no-referrer"})


def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing runs or is loaded but these two blocks; text cannot become markup (trusted types)."""
    rules = {
        "default-src": "'none'",
        "script-src": _hash(script),
        "style-src": _hash(style),
        "connect-src": "'self'",
        "img-src": "data:",  # the empty icon
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(block: str) -> str:
    digest = hashlib.sha256(block.encode()).digest()
    return f"'sha256-{b64encode(digest).decode()}'"
