"""A bug as data, planted in a copy of the tree, and what the fault suite there says of it."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TREE = ("chalicelib", "infra", "tests")
LONGEST_S = 300
SUITE = """
import runpy, sys, chalicelib, infra.local, tests.faults
for package in (chalicelib, infra.local, tests.faults):
    assert package.__file__.startswith(sys.argv[1]), package.__file__
del sys.argv[1]
runpy.run_module("tests.faults", run_name="__main__", alter_sys=True)
"""
_PLAYED = re.compile(r"^python -m tests\.faults --flow \S+(?: --kind \S+ --at \d+)?$", re.MULTILINE)
_BROKEN = re.compile(r"^    (\d+): ", re.MULTILINE)


@dataclass(frozen=True)
class Edit:
    """In `file`, `old` stands exactly once, and becomes `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Bug:
    """`flows` find it under one of `kinds` (when nothing befalls, too); it breaks one of these invariants."""

    name: str
    wrong: str
    edits: tuple[Edit, ...]
    flows: tuple[str, ...]
    kinds: tuple[str, ...]
    breaks: frozenset[int]


@dataclass(frozen=True)
class Verdict:
    """How the suite ended: its exit code, how to play what it found, the invariants that were broken."""

    code: int
    scenario: str | None
    broken: frozenset[int]
    output: str


def grow(tree: Path) -> None:
    """A copy of all that the suite may import or read; what is compiled already stays so, but for the bug."""
    left_out = shutil.ignore_patterns("*.pyc.*", "test_*")  # the former are being written
    for name in TREE:
        shutil.copytree(ROOT / name, tree / name, ignore=left_out)


def plant(bug: Bug, tree: Path) -> None:
    """Raises AssertionError where a text is not there once: the list is kept up with the code."""
    for edit in bug.edits:
        file = tree / edit.file
        text = file.read_text()
        times = text.count(edit.old)
        assert times == 1, f"{bug.name}: in {edit.file} there are {times} of {edit.old!r}"
        file.write_text(text.replace(edit.old, edit.new))


def judged(tree: Path, flows: tuple[str, ...], kinds: tuple[str, ...]) -> Verdict:
    """Run the suite of that tree, in a process of its own, until its first violation."""
    chosen = [part for flow in flows for part in ("--flow", flow)]
    chosen += [part for kind in kinds for part in ("--kind", kind)]
    ran = subprocess.run(
        [sys.executable, "-c", SUITE, str(tree), "--first", *chosen],
        cwd=tree,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    scenario = _PLAYED.search(ran.stdout)
    return Verdict(
        code=ran.returncode,
        scenario=None if scenario is None else scenario[0],
        broken=frozenset(map(int, _BROKEN.findall(ran.stdout))),
        output=ran.stdout + ran.stderr,
    )
