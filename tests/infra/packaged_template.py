"""The packaged template, built once for the same sources however many tests and workers ask for it."""

import fcntl
import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import samtranslator.translator.transform as sam

from infra import package as recipe

STAGE = "test"
KEPT = 4


def package_once(project: Path, cache: Path) -> Path:
    """The folder with the template and the zip, named by the hash of all that goes into them."""
    folder = cache / f"packaged-{_digest(project)}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock, tempfile.TemporaryDirectory(dir=cache) as unfinished:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            out = Path(unfinished) / "out"
            recipe.package(stage=STAGE, out=out, project=project, build=cache / "build")
            out.replace(folder)
        for stale in sorted(cache.glob("packaged-*"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(stale)
    return folder


def _digest(project: Path) -> str:
    modules = (project / "chalicelib").rglob("*.py")
    settings = (project / ".chalice").glob("*.json")
    single = (project / "app.py", project / "requirements.txt", recipe.OVERLAY, recipe.MONITORING)
    single += (Path(recipe.__file__),)
    digest = hashlib.sha256(f"{sys.implementation.cache_tag} {STAGE}".encode())
    for path in sorted({*modules, *settings, *single}):
        digest.update(f"{path} ".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def translated(template: dict[str, Any]) -> dict[str, Any]:
    """The template after AWS's own SAM transform: what CloudFormation is told to make."""
    located = json.loads(json.dumps(template).replace("./deployment.zip", "s3://code/deployment.zip"))
    no_managed_policies = SimpleNamespace(load=dict)
    with pytest.MonkeyPatch.context() as patch:  # the translator asks botocore for the region
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        return sam.transform(located, {}, no_managed_policies)
