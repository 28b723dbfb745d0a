"""Builds what is deployed: Chalice's template with ours laid over it, and a zip made for fast cold starts."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
OVERLAY = ROOT / "infra/resources.yaml"
MONITORING = ROOT / "infra/monitoring.yaml"  # dashboards and alarms, generated
TEMPLATE = "sam.yaml"
CODE = "deployment.zip"
CHALICE = "from chalice.cli import main; main()"
COMPILE = "import compileall, sys; sys.exit(not compileall.main())"
LINT = "import sys; from cfnlint.runner import main; sys.exit(main())"

# botocore's service descriptions are most of the zip: of the services only these stay. The library
# itself stays too, so that what runs is the version that was tested and not the runtime's.
SERVICES = ("dynamodb", "sqs")
DROPPED_SUFFIXES = (".pyi", ".pyc", ".md", ".rst")
# Entries carry one fixed time: the same sources give the same bytes, and CloudFormation sees no change.
EPOCH = (1980, 1, 1, 0, 0, 0)


def package(*, stage: str, out: Path, project: Path = ROOT, build: Path | None = None) -> Path:
    """Builds `out`/sam.yaml and `out`/deployment.zip for a stage and answers the template's path.

    `build` keeps the downloaded requirements from one time to the next. Needs no AWS credentials.
    Raises subprocess.CalledProcessError when Chalice or cfn-lint refuses.
    """
    build = (build or out / "build").resolve()
    build.mkdir(parents=True, exist_ok=True)
    _gather(project, build)
    _run_chalice(stage=stage, build=build, out=out.resolve())
    slim(out / CODE)
    template = out / TEMPLATE
    document = yaml.safe_load(template.read_text())
    document["Parameters"]["Stage"]["Default"] = stage
    for section, entries in yaml.safe_load(MONITORING.read_text()).items():
        document.setdefault(section, {}).update(entries)
    template.write_text(yaml.dump(document, Dumper=_PlainDumper, sort_keys=False, width=120))
    _run(LINT, "--regions", "us-east-1", "--", str(template))
    return template


def _gather(project: Path, build: Path) -> None:
    """Copies what is to be packaged, so that Chalice finds no caches and leaves none in the sources.

    Chalice adds its own runtime to the zip; as a requirement it would bring its command line along.
    """
    shutil.rmtree(build / "chalicelib", ignore_errors=True)
    without_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(project / "chalicelib", build / "chalicelib", ignore=without_caches)
    (build / ".chalice").mkdir(exist_ok=True)
    for file in (project / "app.py", *(project / ".chalice").glob("*.json")):
        shutil.copyfile(file, build / file.relative_to(project))
    requirements = (project / "requirements.txt").read_text().splitlines()
    shipped = [line for line in requirements if not line.startswith(("#", "chalice=="))]
    (build / "requirements.txt").write_text("\n".join(shipped) + "\n")


def _run_chalice(*, stage: str, build: Path, out: Path) -> None:
    options = f"package --stage {stage} --template-format yaml --merge-template".split()
    _run(CHALICE, "--project-dir", str(build), *options, str(OVERLAY), str(out))


def _run(code: str, *arguments: str) -> None:
    region = os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    environment = {**os.environ, "AWS_DEFAULT_REGION": region, "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-c", code, *arguments]
    subprocess.run(command, check=True, env=environment)  # noqa: S603 - our own interpreter and arguments


class _PlainDumper(yaml.SafeDumper):
    """YAML as CloudFormation reads it: without anchors and aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


def slim(path: Path) -> None:
    """Drops from the zip what is never loaded and adds compiled modules (read-only code keeps no cache).

    They are compiled by a fresh interpreter, since bytecode depends on what else its process has loaded.
    """
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder, members=filter(is_shipped, archive.namelist()))
        _run(COMPILE, "-q", "--invalidation-mode", "unchecked-hash", "-s", folder, "-p", "/var/task", folder)
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(Path(folder).rglob("*")):
                if file.is_file():
                    _write(archive, file.relative_to(folder).as_posix(), file.read_bytes())


def is_shipped(name: str) -> bool:
    """Whether a file of the zip may ever be read by the handlers."""
    parts = name.split("/")
    if name.startswith("botocore/data/") and len(parts) > 3:
        return parts[2] in SERVICES and not parts[-1].startswith("examples")
    return not (name.endswith(("/", *DROPPED_SUFFIXES)) or parts[0] == "bin")


def _write(target: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o100755 if name.endswith(".so") else 0o100644) << 16
    target.writestr(entry, data)


def main() -> None:
    """`python -m infra.package --stage dev --out out`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default="dev", help="becomes part of every table's and queue's name")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the template and the zip")
    options = parser.parse_args()
    template = package(stage=options.stage, out=options.out)
    code = options.out / CODE
    print(f"{template} is ready and lint-clean; {code} is {code.stat().st_size / 1e6:.1f} MB.")
    print("What to do with them: docs/deploy.md")


if __name__ == "__main__":
    main()
