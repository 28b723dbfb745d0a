"""What the documents mention is there: calls, their parameters, commands, files, settings."""

import importlib.util
import re
from pathlib import Path

import pytest

from chalicelib.api.create_app import OPERATIONS

from .pages import PAGES, ROOT, name

_CALL = re.compile(r"\b(GET|POST|PUT|DELETE|PATCH) (/|\.\.\./)([\w./{}-]*)(?:\?([\w=.&-]*))?")
_MAKE = re.compile(r"(?:^|`)make ([a-z]+)", re.MULTILINE)
_MODULE = re.compile(r"python -m (infra|tests|agent_client)([\w.]*)([^`\n#|]*)")
_PATH = re.compile(r"[` (]((?:tests|infra|chalicelib|agent_client|docs|\.chalice)/[\w./*-]*\w)(?=[` ),:])")
_SETTING = re.compile(r"\bAINS_[A-Z0-9_]+")
_HISTORY = ("CHANGELOG.md", "docs/adr")  # tells of what was, too


def _shape(path: str) -> str:
    return re.sub(r"\{\w*\}", "{}", path).rstrip("/.")


def _sources(*folders: str) -> str:
    return "\n".join(path.read_text() for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_call_is_offered_with_its_parameters(page: Path) -> None:
    for method, root, rest, query in _CALL.findall(page.read_text()):
        end = _shape("/" + rest)
        offered = [
            op
            for op in OPERATIONS
            if op.method == method
            and (_shape(op.path) == end if root == "/" else _shape(op.path).endswith(end))
        ]
        assert offered, f"{method} {root}{rest} is not offered"
        for pair in filter(None, query.split("&")):
            parameter = pair.partition("=")[0]
            assert any(parameter in op.query.model_fields for op in offered), f"{method} {rest}: {parameter}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_is_there_with_its_options(page: Path) -> None:
    text = page.read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(_MAKE.findall(text)) <= targets
    for package, rest, arguments in _MODULE.findall(text):
        found = importlib.util.find_spec(package + rest.rstrip("."))
        assert found is not None, f"python -m {package}{rest}"
        file = Path(found.origin or "")
        source = _sources(str(file.parent.relative_to(ROOT))) if file.stem == "__init__" else file.read_text()
        for option in set(re.findall(r"--[a-z][a-z-]*", arguments)) - {"--help"}:
            assert f'"{option}"' in source, f"python -m {package}{rest} has no {option}"


@pytest.mark.parametrize("page", [p for p in PAGES if not name(p).startswith(_HISTORY)], ids=name)
def test_every_file_is_there(page: Path) -> None:
    for path in _PATH.findall(page.read_text()):
        assert list(ROOT.glob(path)), f"{path} is not there"


def test_every_setting_is_read_somewhere() -> None:
    read = _sources("chalicelib", "agent_client", "infra", "tests")
    mentioned = {setting for page in PAGES for setting in _SETTING.findall(page.read_text())}
    assert {setting for setting in mentioned if f'"{setting}"' not in read} == set()


def test_make_lists_what_it_offers_to_everybody() -> None:
    """Parts of the gate are left out: they are for those who work on it."""
    text = (ROOT / "Makefile").read_text()
    explained = set(re.findall(r"^([a-z]+):.*## ", text, re.MULTILINE))
    named = set(re.findall(r"^([a-z]+):", text, re.MULTILINE))
    assert named - explained == {"check", "unit", "counted", "uncounted"}
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == named
